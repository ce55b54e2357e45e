import type { ComparedRow } from '../../compare/comparison.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { type FigureColumn, figureColumns, limitColumn } from '../compare/figure-columns.js';
import { verdictText } from '../compare/words.js';
import { type Markup, markup } from '../text/markup.js';

/** How a cell is shown where its row is a card: as its title, beside it, below it, or with its name in front of it. */
type CardPlace = 'title' | 'verdict' | 'below' | 'named';

const columns: readonly (FigureColumn & { readonly place: CardPlace })[] = [
  { heading: 'verdict', place: 'verdict', text: verdictText },
  { heading: 'metric', place: 'title', text: ({ metric }) => metric.id },
  { heading: 'setting', place: 'below', text: (row) => wholeSettingText(row.settings) },
  ...[...figureColumns(3), limitColumn].map((column) => ({ ...column, place: 'named' as const })),
];

/**
 * All compared figures. The verdict comes first, because the last columns may be out of sight. On narrow screens each
 * row is a card that begins with its metric and verdict; the roles say what browsers forget of a table that is laid out
 * in another way.
 */
export function comparisonTable(rows: readonly ComparedRow[]): Markup {
  const headings = columns.map(({ heading }) => markup`<th scope="col" role="columnheader">${heading}</th>`);
  const body = rows.map((row) => {
    const verdict = verdictText(row).replaceAll(' ', '-');
    const cells = columns.map(
      ({ heading, place, text }) =>
        markup`<td role="cell" class="${place}"${place === 'named' ? markup` data-name="${heading}"` : ''}>${text(row)}</td>`,
    );
    return markup`<tr role="row" class="${verdict}">${cells}</tr>`;
  });
  return markup`<div class="scroll"><table class="cards verdicts" role="table"><thead role="rowgroup"><tr role="row">${headings}</tr></thead><tbody role="rowgroup">${body}</tbody></table></div>`;
}
