import type { BenchResult } from '../../measurement/result-schema.js';
import { breakdownsOf } from '../bench/breakdown.js';
import { type Markup, markup } from '../text/markup.js';

/** Requests by turn, or by what else they belong to, as tables; nothing if there is nothing to tell apart. */
export function breakdownSections(result: BenchResult): readonly Markup[] {
  return breakdownsOf(result).map(({ title, heading, rows, sentences }) => {
    const head = heading.map((each) => markup`<th scope="col">${each}</th>`);
    const body = rows.map((cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`);
    return markup`<h2>${title}</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>
${sentences.map((sentence) => markup`<p>${sentence}</p>`)}`;
  });
}
