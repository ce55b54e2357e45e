import type { BenchResult } from '../../measurement/result-schema.js';
import { findMaxTable } from '../bench/conclusions/find-max.js';
import { Markup, markup } from '../text/markup.js';
import { type CardColumn, cardsTable } from './cards-table.js';
import { findMaxFigures } from './charts/find-max.js';
import type { PlotLibrary } from './plot/draw.js';

/** For each objective of `--find-max` its value by load, and the loads as a table; empty without a search. */
export function findMaxSection(plot: PlotLibrary, result: BenchResult): Markup {
  const table = findMaxTable(result);
  if (table === null) return new Markup('');
  const columns = table.heading.map((heading, index): CardColumn => ({
    heading,
    place: index === 0 ? 'title' : heading === 'verdict' ? 'verdict' : 'named',
  }));
  return markup`${findMaxFigures(plot, result)}
<h2>Loads that were measured</h2>
${cardsTable(columns, table.rows)}`;
}
