import { samplesNeeded } from '../../measurement/latency/histogram.js';
import { percentiles } from '../../measurement/metric-names.js';
import { isOfFigure, type Threshold } from '../threshold.js';
import { neededTrialsOf } from '../trials/confidence.js';
import { onceARequest } from '../trials/needed-samples.js';

/** How much of each setting will be measured. */
export interface PlannedExtent {
  /** The largest number of trials. */
  readonly trials: number;
  /** Fewer than `trials`: more are added until the gate can decide. */
  readonly leastTrials: number;
  /** Requests of each trial; null if it ends after a time. */
  readonly requests: number | null;
}

/** A figure that cannot have a verdict, however the measurement turns out. */
export interface ForeseenDoubt {
  /** Such as `ttft.p95`. */
  readonly figure: string;
  /** Trials that it needs and will not have; null if they are enough. */
  readonly trials: number | null;
  /** Requests that it needs over all trials and will not have; null if they may be enough. */
  readonly requests: number | null;
}

/** The figures with thresholds for which the plan is too small, so that they cannot get a verdict. */
export function foreseenDoubts(
  thresholds: readonly Threshold[],
  { trials, leastTrials, requests }: PlannedExtent,
): readonly ForeseenDoubt[] {
  const neededTrials = neededTrialsOf({ least: leastTrials, most: trials });
  return thresholds.filter(isOfFigure).flatMap(({ metric }): readonly ForeseenDoubt[] => {
    // Failures are counted, so one trial is enough.
    if (metric.id === 'success_rate') return [];
    const isCounted = metric.type === 'latency' && onceARequest.has(metric.metric) && requests !== null;
    const neededRequests = isCounted ? samplesNeeded(percentiles[metric.percentile]) : 0;
    const doubt = {
      figure: metric.id,
      trials: trials < neededTrials ? neededTrials : null,
      requests: neededRequests > (requests ?? 0) * trials ? neededRequests : null,
    };
    return doubt.trials === null && doubt.requests === null ? [] : [doubt];
  });
}
