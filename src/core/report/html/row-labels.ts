import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { isMarked, recommendedMark } from '../bench/figures-table.js';
import { dimensionsOf, settingText } from '../../measurement/setting-text.js';

/** Wider than a character is on average, at the size in which labels are set. */
const characterWidth = 7;

export interface ChartLabels {
  readonly texts: readonly string[];
  /** Where the picture begins, to the right of its labels. */
  readonly left: number;
}

/** What stands before the rows of a chart: the settings, the recommended one with its mark. */
export function chartLabels(result: BenchResult, summaries: readonly SettingSummary[]): ChartLabels {
  const by = dimensionsOf(summaries.map(({ settings }) => settings));
  const texts = summaries.map((summary) => {
    const mark = isMarked(result, summaries, summary) ? `${recommendedMark} ` : '';
    return mark + settingText(summary.settings, by);
  });
  return { texts, left: 20 + characterWidth * Math.max(...texts.map(({ length }) => length)) };
}
