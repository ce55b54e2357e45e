import { Markup, markup } from '../text/markup.js';

/** A sentence with flags in it that are not broken: browsers end lines after hyphens, and `--` alone says nothing. */
export function prose(text: string): Markup {
  const parts = text.split(/(?<![\w-])(--?[a-z][\w-]*)/);
  return new Markup(
    parts
      .map((part, index) => (index % 2 === 1 ? markup`<span class="flag">${part}</span>` : markup`${part}`).text)
      .join(''),
  );
}
