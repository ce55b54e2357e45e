import { type ComparedRow, isGated } from '../../compare/comparison.js';
import { wholeSettingText } from '../../measurement/setting-text.js';
import { intervalText, limitText, ratioText, valueText, verdictText } from '../compare/words.js';
import { type Markup, markup } from '../text/markup.js';

/** All compared figures. */
export function comparisonTable(rows: readonly ComparedRow[]): Markup {
  const headings = ['setting', 'metric', 'baseline', 'candidate', 'ratio', '95 % interval', 'limit', 'verdict'];
  const body = rows.map((row) => {
    const cells = [
      wholeSettingText(row.settings),
      row.metric.id,
      valueText(row.baseline, row.metric),
      valueText(row.candidate, row.metric),
      ratioText(row.ratio, 3),
      intervalText(row.interval, 3),
      isGated(row) ? limitText(row.judgement.threshold) : '',
      verdictText(row),
    ];
    return markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`;
  });
  return markup`<div class="scroll"><table><thead><tr>${headings.map((each) => markup`<th scope="col">${each}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>`;
}
