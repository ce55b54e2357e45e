import { Markup, markup } from '../text/markup.js';
import { readable } from '../text/readable.js';

/**
 * The command that repeats a bench, with a button that copies it; empty if it is not known. It comes from a result file, so
 * characters that cannot be seen, or that change the order in which others are, are left out: what is copied is what is shown.
 *
 * @param id of the element, unique on the page
 */
export function commandSection(command: string | undefined, title = 'Command', id = 'command'): Markup {
  if (command === undefined) return new Markup('');
  return markup`<h2>${title}</h2><pre id="${id}">${readable(command)}</pre><p><button type="button" data-copy="${id}" hidden>Copy</button></p>`;
}
