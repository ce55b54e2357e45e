import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { isMarked, recommendedMark } from './figures-table.js';
import { dimensionsOf, settingValue } from '../../measurement/setting-text.js';
import { padStart, painter, type ReportStyle, widthOf } from '../text/style.js';

export interface RowLabels {
  readonly rows: readonly string[];
  readonly width: number;
}

/** What the lines of a picture begin with: the setting, and a mark if it is the recommended one. */
export function rowLabels(result: BenchResult, summaries: readonly SettingSummary[], style: ReportStyle): RowLabels {
  const paint = painter(style);
  const columns = dimensionsOf(summaries.map(({ settings }) => settings)).map((dimension) => {
    const values = summaries.map(({ settings }) => settingValue(settings, dimension));
    const width = Math.max(...values.map(widthOf));
    return values.map((value) => padStart(value, width));
  });
  const rows = summaries.map((summary, index) => {
    const text = columns.map((column) => column[index] ?? '').join('  ');
    return isMarked(result, summaries, summary)
      ? `${paint('green', recommendedMark)} ${paint(['bold', 'green'], text)}`
      : `  ${text}`;
  });
  return { rows, width: Math.max(...rows.map(widthOf)) };
}
