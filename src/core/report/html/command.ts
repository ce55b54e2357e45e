import { Markup, markup } from '../text/markup.js';

/**
 * The command that repeats a bench, with a button that copies it; empty if it is not known.
 *
 * @param id of the element, unique on the page
 */
export function commandSection(command: string | undefined, title = 'Command', id = 'command'): Markup {
  if (command === undefined) return new Markup('');
  return markup`<h2>${title}</h2><pre id="${id}">${command}</pre><p><button type="button" data-copy="${id}" hidden>Copy</button></p>`;
}
