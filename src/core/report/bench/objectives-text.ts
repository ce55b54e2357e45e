import { parseObjective } from '../../measurement/objectives.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { tickText, timeText } from '../../measurement/numbers.js';
import { dimensionsOf, settingsText } from '../../measurement/setting-text.js';

/** Where an objective for a percentile was met. */
export interface Judgement {
  /** `ttft.p95 < 500 ms`. */
  readonly objective: string;
  /** In words, with the figure that is nearest to the limit; null if nowhere. */
  readonly met: string | null;
  readonly missed: string | null;
  /** Where there were too few samples to tell. */
  readonly unknown: string | null;
}

/** One judgement for each objective that is about a percentile. Those about single requests show as goodput. */
export function judgementsOf({ plan }: BenchResult, summaries: readonly SettingSummary[]): readonly Judgement[] {
  const by = dimensionsOf(summaries.map(({ settings }) => settings));
  return plan.slo.map(parseObjective).flatMap(({ metric, percentile, belowMs }) => {
    if (percentile === null || summaries.length === 0) return [];
    const values = summaries.map((summary) => ({ summary, ms: summary.metrics[metric][percentile] }));
    const where = (wanted: (ms: number | null) => boolean): string | null => {
      const those = values.filter(({ ms }) => wanted(ms));
      if (those.length === 0) return null;
      const text = settingsText(
        those.map(({ summary }) => summary.settings),
        by,
      );
      const [only] = those;
      return those.length > 1 || only?.ms == null ? text : `${text} (${timeText(only.ms)})`;
    };
    return [
      {
        objective: `${metric}.${percentile.replace('_', '.')} < ${tickText(belowMs)}`,
        met: where((ms) => ms !== null && ms < belowMs),
        missed: where((ms) => ms !== null && ms >= belowMs),
        unknown: where((ms) => ms === null),
      },
    ];
  });
}

/** A judgement as a sentence. */
export function judgementText({ objective, met, missed, unknown }: Judgement): string {
  const parts = [
    met === null ? null : `met at ${met}`,
    missed === null ? null : `missed at ${missed}`,
    unknown === null ? null : `too few samples at ${unknown}`,
  ].filter((part) => part !== null);
  return `${objective}: ${parts.join('; ')}.`;
}
