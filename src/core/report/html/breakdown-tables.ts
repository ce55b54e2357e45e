import type { BenchResult } from '../../measurement/result-schema.js';
import { breakdownsOf } from '../bench/latency/breakdown.js';
import { type Markup, markup } from '../text/markup.js';
import { cardsTable } from './cards-table.js';
import { groupFigure } from './charts/groups.js';
import type { PlotLibrary } from './plot/draw.js';

/** Requests by turn, or by what else they belong to, as tables and pictures; nothing if there are no groups. */
export function breakdownSections(plot: PlotLibrary, result: BenchResult): readonly Markup[] {
  return breakdownsOf(result).map(({ title, heading, names, rows, sentences, latencies = [] }) => {
    const [shown, ...folded] = latencies.map((each) => groupFigure(plot, result, each));
    const columns = heading.map(
      (each, index) => ({ heading: each, place: index < names ? 'title' : 'named' }) as const,
    );
    return markup`<h2>${title}</h2>
${cardsTable(columns, rows)}
${sentences.map((sentence) => markup`<p>${sentence}</p>`)}
${shown ?? ''}
${folded.length === 0 ? '' : markup`<details><summary>The same at the other settings</summary>${folded}</details>`}`;
  });
}
