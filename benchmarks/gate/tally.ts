import type { Interval } from '../../src/core/statistics/ratio.js';
import { scenarioOf, type ScenarioOptions } from './scenarios.js';
import { rowOf, simulateComparison } from './simulated-comparison.js';

/** The outcomes of many simulated comparisons, in one metric. */
export interface Tally {
  readonly comparisons: number;
  /** On each side, as they were compared: turns are trials. */
  readonly trials: number;
  readonly regressions: number;
  readonly inconclusive: number;
  /** Improvements among them. */
  readonly passes: number;
  readonly intervals: readonly Interval[];
  /** The ratios that the intervals are around. */
  readonly ratios: readonly number[];
  /** How many trials each comparison took, in rising order. */
  readonly lengths: readonly number[];
}

/** What every comparison is gated on. */
export const thresholds = ['ttft.p95>10%', 'e2e.p50>10%', 'e2e.p95>10%', 'output_tokens_per_second<10%'] as const;

/** Their metrics. */
export const gatedMetrics = thresholds.map(metricOf);

/** The metric of a threshold. */
export function metricOf(threshold: string): string {
  return threshold.split(/[<>]/, 1)[0] ?? '';
}

/** Makes the same comparison many times, each with its own seed. */
export function tallyOf(
  options: ScenarioOptions,
  comparisons: number,
  failOn: readonly string[] = thresholds,
): ReadonlyMap<string, Tally> {
  const scenario = scenarioOf(options);
  const metrics = failOn.map(metricOf);
  const made = Array.from({ length: comparisons }, (_, index) => {
    const comparison = simulateComparison(scenario, failOn, 1 + index);
    return metrics.map((metric) => rowOf(comparison, metric));
  });
  return new Map(
    metrics.map((metric, place) => {
      const rows = made.flatMap((each) => each[place] ?? []);
      const verdicts = rows.map(({ judgement }) => (judgement.type === 'gated' ? judgement.outcome.verdict : 'none'));
      const count = (...wanted: readonly string[]): number => verdicts.filter((each) => wanted.includes(each)).length;
      return [
        metric,
        {
          comparisons,
          trials: rows[0]?.trials.baseline ?? 0,
          regressions: count('regression'),
          inconclusive: count('inconclusive'),
          passes: count('pass', 'improvement'),
          intervals: rows.flatMap(({ interval }) => interval ?? []),
          ratios: rows.flatMap(({ ratio }) => ratio ?? []),
          lengths: rows.map(({ trials }) => trials.baseline).sort((one, other) => one - other),
        },
      ];
    }),
  );
}

/** How often an interval contains the true ratio. */
export function coverage({ intervals }: Tally, trueRatio: number): number {
  const holding = intervals.filter(({ lower, upper }) => lower <= trueRatio && trueRatio <= upper);
  return holding.length / intervals.length;
}

/** As tables show a share: `99.3 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
