import stringWidth from 'string-width';
import type { BenchResult } from '../../measurement/result-schema.js';
import { dimensionsOf, isRecommended, settingText, settingValue } from '../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { padStart, painter, type ReportStyle } from '../text/style.js';

/** Marks the recommended setting, in every part of a report. */
export const recommendedMark = '▸';

/** Whether a row is marked as recommended. A single setting is not, since there was no choice. */
export function isMarked(result: BenchResult, summaries: readonly SettingSummary[], summary: SettingSummary): boolean {
  return summaries.length > 1 && isRecommended(result, summary);
}

export interface RowLabels {
  readonly rows: readonly string[];
  readonly width: number;
}

/** The labels of a plot's lines: the setting, and a mark if it is the recommended one. */
export function rowLabels(result: BenchResult, summaries: readonly SettingSummary[], style: ReportStyle): RowLabels {
  const paint = painter(style);
  const columns = dimensionsOf(result.runs.map(({ settings }) => settings)).map((dimension) => {
    const values = summaries.map(({ settings }) => settingValue(settings, dimension));
    const width = Math.max(...values.map((text) => stringWidth(text)));
    return values.map((value) => padStart(value, width));
  });
  const rows = summaries.map((summary, index) => {
    const text = columns.map((column) => column[index] ?? '').join('  ');
    return isMarked(result, summaries, summary)
      ? `${paint('green', recommendedMark)} ${paint(['bold', 'green'], text)}`
      : `  ${text}`;
  });
  return { rows, width: Math.max(...rows.map((text) => stringWidth(text))) };
}

export interface ChartLabels {
  readonly texts: readonly string[];
  /** For narrow screens: only the values, such as `8 · 4`. */
  readonly shortTexts: readonly string[];
}

/** The labels of a chart's rows: the settings, the recommended one with its mark. */
export function chartLabels(result: BenchResult, summaries: readonly SettingSummary[]): ChartLabels {
  const by = dimensionsOf(result.runs.map(({ settings }) => settings));
  const marked = (text: string, summary: SettingSummary): string =>
    isMarked(result, summaries, summary) ? `${recommendedMark} ${text}` : text;
  return {
    // Lines break between words only: a hyphen that does not break.
    texts: summaries.map((each) => marked(settingText(each.settings, by).replaceAll('-', '\u2011'), each)),
    shortTexts: summaries.map((each) => {
      return marked(by.map((dimension) => settingValue(each.settings, dimension)).join(' · '), each);
    }),
  };
}
