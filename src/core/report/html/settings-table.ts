import type { BenchResult } from '../../measurement/result-schema.js';
import { dimensionsOf } from '../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { type Column, columnsOf, isTime } from '../bench/columns.js';
import { neighboursOf } from '../bench/figures-table.js';
import { isMarked } from '../bench/row-labels.js';
import { type Markup, markup } from '../text/markup.js';

/**
 * The main table with all its columns, one row per setting. On narrow screens each row is a card; the roles say what browsers
 * forget of a table that is laid out in another way.
 */
export function settingsTable(result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const groups = neighboursOf(columnsOf(result, summaries));
  const columns = groups.flat();
  const dimensions = dimensionsOf(summaries.map(({ settings }) => settings));
  const titles = groups.map(
    (group) => markup`<th colspan="${group.length}" scope="colgroup" role="columnheader">${group[0]?.group ?? ''}</th>`,
  );
  const headings = columns.map(({ heading }) => markup`<th scope="col" role="columnheader">${heading}</th>`);
  const rows = summaries.map((summary, row) => {
    const cells = columns.map((column, index) => {
      const dimension = dimensions[index];
      const place = dimension === undefined ? 'named' : 'title';
      return markup`<td role="cell" class="${place}" data-name="${dimension?.name ?? nameOf(column)}">${column.cells[row] ?? ''}</td>`;
    });
    return markup`<tr role="row" class="${isMarked(result, summaries, summary) ? 'marked' : ''}">${cells}</tr>`;
  });
  return markup`<div class="scroll"><table class="cards settings" role="table">
<thead role="rowgroup"><tr role="row">${titles}</tr>
<tr role="row">${headings}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table></div>`;
}

/** Its title and heading in one: `TTFT, ms` and `p50` are `TTFT p50, ms`. A share has no unit. */
function nameOf({ group, heading }: Column): string {
  const [name = '', unit] = group.split(', ');
  const whole = `${name} ${heading}`.trim();
  return unit === undefined || !isTime({ heading }) ? whole : `${whole}, ${unit}`;
}
