import type { BenchResult } from '../../measurement/result-schema.js';
import { breakdownsOf } from '../bench/latency/breakdown.js';
import { type Markup, markup } from '../text/markup.js';
import { groupFigure } from './charts/groups.js';
import type { PlotLibrary } from './plot/draw.js';

/** Requests by turn, or by what else they belong to, as tables and pictures; nothing if there is nothing to tell apart. */
export function breakdownSections(plot: PlotLibrary, result: BenchResult): readonly Markup[] {
  return breakdownsOf(result).map(({ title, heading, rows, sentences, latencies = [] }) => {
    const [shown, ...folded] = latencies.map((each) => groupFigure(plot, result, each));
    const head = heading.map((each) => markup`<th scope="col">${each}</th>`);
    const body = rows.map((cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`);
    return markup`<h2>${title}</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>
${sentences.map((sentence) => markup`<p>${sentence}</p>`)}
${shown ?? ''}
${folded.length === 0 ? '' : markup`<details><summary>The same at the other settings</summary>${folded}</details>`}`;
  });
}
