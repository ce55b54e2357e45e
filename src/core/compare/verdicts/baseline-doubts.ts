import { bySetting } from '../../measurement/by-setting.js';
import { samplesNeeded } from '../../measurement/latency/histogram.js';
import { percentiles } from '../../measurement/metric-names.js';
import type { ComparedMetric } from '../compared-metric.js';
import type { Side } from '../side.js';
import { isOfFigure, type Threshold } from '../threshold.js';
import { neededTrialsOf } from '../trials/confidence.js';
import { SettingTrials } from '../trials/setting-trials.js';

/** A figure that a finished baseline cannot decide at any of its settings, whatever is measured now. */
export interface BaselineDoubt {
  readonly metric: ComparedMetric;
  /** Requests were answered, and none of them had it. */
  readonly isAbsent: boolean;
  /** For the setting with the most trials that have the figure; null if they are enough. */
  readonly trials: Shortage | null;
  /** For the setting with the most samples over all its trials; null if they are enough, and for a rate. */
  readonly samples: Shortage | null;
}

interface Shortage {
  readonly has: number;
  readonly needs: number;
}

/** The figures with thresholds that the baseline leaves undecided. @param baseline was measured earlier, on its own */
export function baselineDoubts(
  thresholds: readonly Threshold[],
  baseline: Pick<Side, 'name' | 'plan' | 'runs'>,
): readonly BaselineDoubt[] {
  const { plan, runs } = baseline;
  const settings = [...bySetting(runs).values()].map((each) => new SettingTrials(each, baseline));
  if (settings.length === 0) return [];
  const { trials_least: least, trials: most } = plan;
  const neededTrials = neededTrialsOf(least === undefined ? null : { least, most });
  return thresholds.filter(isOfFigure).flatMap(({ metric }): readonly BaselineDoubt[] => {
    // Failures are counted, so one trial is enough.
    if (metric.id === 'success_rate') return [];
    const isAbsent = settings.every((each) => each.neverHas(metric));
    if (isAbsent) return [{ metric, isAbsent, trials: null, samples: null }];
    const trials = shortage(
      settings.map((each) => each.trialsWith(metric)),
      neededTrials,
    );
    const samples =
      metric.type === 'rate'
        ? null
        : shortage(
            settings.map((each) => each.samplesOf(metric.metric)),
            samplesNeeded(percentiles[metric.percentile]),
          );
    return trials === null && samples === null ? [] : [{ metric, isAbsent, trials, samples }];
  });
}

function shortage(counts: readonly number[], needs: number): Shortage | null {
  const has = Math.max(...counts);
  return has < needs ? { has, needs } : null;
}
