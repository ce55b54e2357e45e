import { ChatstreamError, messageOf } from '../../base/errors.js';
import { type Bucket, bucketQuantileMs } from '../../measurement/latency/buckets.js';
import { hasEnoughSamples, type HistogramCell, LatencyHistogram } from '../../measurement/latency/histogram.js';
import { type MetricName, percentiles } from '../../measurement/metric-names.js';
import type { Plan, Run, Saturation } from '../../measurement/result-schema.js';
import { saturationOfRuns } from '../../measurement/validity/saturation.js';
import type { Proportion } from '../../statistics/proportion.js';
import { everyTrialOnce, type Statistic } from '../../statistics/ratio.js';
import type { ComparedMetric, RateName } from '../compared-metric.js';
import type { Side } from '../side.js';
import type { MeanTokens } from './answer-lengths.js';
import { ClientError } from './client-error.js';
import { MergedTrials } from './merged-percentile.js';

/**
 * Shorter times count as this, which is the precision with which the load generator knows when a token arrived. Users
 * do not notice whether a request waited for 2 or for 20 µs, and the ratio of the two is meaningless.
 */
export const shortestMs = 0.1;

/** The trials of one setting on one side, and every figure that can be computed from them. */
export class SettingTrials {
  readonly runs: readonly Run[];
  /** Including trials without a partner on the other side, because requests may have failed in them all the same. */
  readonly allRuns: readonly Run[];
  readonly plan: Plan;
  readonly clientError: ClientError;
  readonly #name: string;
  #saturation: readonly Saturation[] | undefined;
  readonly #merged = new Map<MetricName, MergedTrials | null>();

  constructor(runs: readonly Run[], { name, plan }: Pick<Side, 'name' | 'plan'>, allRuns = runs) {
    this.runs = runs;
    this.allRuns = allRuns;
    this.plan = plan;
    this.clientError = new ClientError(runs, plan.slo);
    this.#name = name;
  }

  get completed(): number {
    return this.allRuns.reduce((sum, { requests }) => sum + requests.completed, 0);
  }

  /** Answered requests as a share of all counted ones. */
  get answered(): Proportion {
    const attempts = this.allRuns.reduce(
      (sum, { requests: r }) => sum + r.completed + r.refused + r.failed + r.timed_out,
      0,
    );
    return { successes: this.completed, attempts };
  }

  /** Requests that were refused, failed or took too long, as a share of all; 0 without requests. */
  get failedShare(): number {
    const { successes, attempts } = this.answered;
    return attempts === 0 ? 0 : (attempts - successes) / attempts;
  }

  /**
   * Per answered request, as counted by the server, over the trials; null if unknown. The error of a single trial is 0.
   */
  tokensEach(name: 'output_tokens_per_second' | 'input_tokens_per_second'): MeanTokens | null {
    const means = this.runs.flatMap(({ rates }) => {
      const perSecond = rates[name];
      return perSecond === null || rates.requests_per_second === 0 ? [] : [perSecond / rates.requests_per_second];
    });
    if (means.length === 0) return null;
    const mean = means.reduce((sum, each) => sum + each, 0) / means.length;
    const squares = means.reduce((sum, each) => sum + (each - mean) ** 2, 0);
    return { mean, error: means.length === 1 ? 0 : Math.sqrt(squares / (means.length - 1) / means.length) };
  }

  /** How many trials have at least one value of it. */
  trialsWith(compared: ComparedMetric): number {
    return this.runs.filter(({ metrics, requests }) =>
      compared.type === 'rate' ? requests.completed > 0 : metrics[compared.metric].count > 0,
    ).length;
  }

  /** How many values of it there are over all trials. */
  samplesOf(metric: MetricName): number {
    return this.runs.reduce((sum, { metrics }) => sum + metrics[metric].count, 0);
  }

  /** Whether more trials would not provide this figure either: requests were answered, and none of them had it. */
  neverHas(compared: ComparedMetric): boolean {
    if (this.runs.every(({ requests }) => requests.completed === 0)) return false;
    return compared.type === 'rate'
      ? this.runs.every(({ rates }) => rates[compared.rate] === null)
      : this.runs.every(({ metrics }) => metrics[compared.metric].count === 0);
  }

  /** What was wrong with the load, over all trials together. */
  get saturation(): readonly Saturation[] {
    return (this.#saturation ??= saturationOfRuns(this.runs));
  }

  /**
   * A figure for any weighting of the trials; null if this result does not have it or has too few samples for it.
   *
   * @throws ChatstreamError `usage` for a histogram that cannot be read
   */
  statistic(compared: ComparedMetric): Statistic | null {
    const exact = this.#exact(compared);
    if (exact === null || compared.type === 'rate') return exact;
    return {
      trials: exact.trials,
      value: (weights) => {
        const ms = exact.value(weights);
        return ms === null ? null : Math.max(shortestMs, ms);
      },
    };
  }

  /**
   * How far the figure for all trials together may be from the server's true one, as {@link ClientError.of} returns it;
   * 0 if there is no figure.
   */
  errorOf(compared: ComparedMetric): number {
    const statistic = this.statistic(compared);
    return statistic === null ? 0 : this.clientError.of(compared, statistic.value(everyTrialOnce(statistic)) ?? 0);
  }

  /** The figure for all trials together, as it was measured. */
  value(compared: ComparedMetric): number | null {
    const exact = this.#exact(compared);
    return exact?.value(everyTrialOnce(exact)) ?? null;
  }

  #exact(compared: ComparedMetric): Statistic | null {
    if (compared.type === 'rate') return this.#rate(compared.rate);
    const { metric, percentile } = compared;
    const percent = percentiles[percentile];
    if (!hasEnoughSamples(this.samplesOf(metric), percent)) return null;
    return this.#mergedTrials(metric)?.percentile(percent) ?? this.#bucketPercentile(metric, percent);
  }

  #mergedTrials(metric: MetricName): MergedTrials | null {
    const known = this.#merged.get(metric);
    if (known !== undefined) return known;
    const encoded = this.runs.map(({ metrics }) => metrics[metric].histogram);
    const merged = encoded.every((each) => each === null)
      ? null
      : new MergedTrials(encoded.map((each) => (each === null ? [] : this.#decode(metric, each))));
    this.#merged.set(metric, merged);
    return merged;
  }

  #decode(metric: MetricName, encoded: string): readonly HistogramCell[] {
    try {
      return LatencyHistogram.decode(encoded).cells();
    } catch (error) {
      throw new ChatstreamError('usage', `${this.#name} has a broken histogram of ${metric}: ${messageOf(error)}.`, {
        hint: 'Was the file edited? Measure again, and leave it as bench writes it.',
        cause: error,
      });
    }
  }

  /** For a queue wait that the server counts only in buckets. */
  #bucketPercentile(metric: MetricName, percent: number): Statistic | null {
    if (metric !== 'queue_wait') return null;
    const trials = this.runs.map(({ metrics }) => metrics.queue_wait.buckets ?? []);
    const [first = []] = trials;
    if (first.length === 0 || trials.some((buckets) => buckets.length !== first.length)) return null;
    return {
      trials: trials.length,
      value: (weights) => {
        const mixed: Bucket[] = first.map(({ up_to_ms: upToMs }, bucket) => ({
          upToMs,
          count: trials.reduce((sum, buckets, trial) => sum + (weights[trial] ?? 0) * (buckets[bucket]?.count ?? 0), 0),
        }));
        return bucketQuantileMs(mixed, percent);
      },
    };
  }

  /** Weighted by the duration of each trial, as if all of them had been counted together. */
  #rate(name: RateName): Statistic | null {
    const parts = name === 'success_rate' ? this.allRuns.map(successPart) : this.runs.map((run) => ratePart(run, name));
    if (parts.every((part) => part === null)) return null;
    return {
      trials: parts.length,
      value: (weights) => {
        let amount = 0;
        let over = 0;
        parts.forEach((part, trial) => {
          amount += (weights[trial] ?? 0) * (part?.amount ?? 0);
          over += (weights[trial] ?? 0) * (part?.over ?? 0);
        });
        return over === 0 ? null : amount / over;
      },
    };
  }
}

/** A rate is an amount divided by something: seconds or requests. */
interface Part {
  readonly amount: number;
  readonly over: number;
}

function ratePart({ rates, window }: Run, name: Exclude<RateName, 'success_rate'>): Part | null {
  const perSecond = rates[name];
  return perSecond === null ? null : { amount: perSecond * window.span_seconds, over: window.span_seconds };
}

function successPart({ requests }: Run): Part {
  const { completed, refused, failed, timed_out: timedOut } = requests;
  return { amount: completed, over: completed + refused + failed + timedOut };
}
