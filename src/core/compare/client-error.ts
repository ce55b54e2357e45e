import { ClientDelay, shareOfDelay } from '../measurement/client-delay.js';
import { type PercentileName, percentiles } from '../measurement/metric-names.js';
import type { Run } from '../measurement/result-schema.js';
import { ownWait } from '../measurement/saturation.js';
import type { Interval } from '../statistics/ratio.js';
import type { ComparedMetric } from './compared-metric.js';

/** The load generator's own part in the figures of one side. */
export class ClientError {
  readonly #runs: readonly Run[];
  #delay: ClientDelay | undefined;

  constructor(runs: readonly Run[]) {
    this.#runs = runs;
  }

  get delay(): ClientDelay {
    return (this.#delay ??= ClientDelay.ofRuns(this.#runs));
  }

  /**
   * How far a measured figure may be from what the server did, as a logarithm, 0 or more: a latency may be longer than it
   * was, and the rate of a closed loop lower, since its clients notice late that they may send.
   *
   * @param value as measured, 0 or more: milliseconds or a rate
   */
  of(metric: ComparedMetric, value: number): number {
    if (value === 0) return 0;
    if (metric.type === 'rate') {
      const e2eMs = this.#mean((run) => run.metrics.e2e.mean);
      const isClosed = this.#runs.every(({ settings }) => settings.rate === null);
      return isClosed && e2eMs > 0 ? Math.log1p(this.delay.meanMs / e2eMs) : 0;
    }
    const share = shareOfDelay(metric.metric, {
      queueWaitSource: this.#runs[0]?.metrics.queue_wait.source ?? 'unavailable',
      outputTokens: this.#mean(({ rates }) => rates.output_tokens_per_second / rates.requests_per_second),
    });
    const late = metric.metric === 'ttft_from_schedule' ? this.#sentLateMs(metric.percentile) : 0;
    const delayed = share * this.delay.addedMs(percentiles[metric.percentile]);
    const added = Math.min(mostOfFigure * value, delayed + late);
    return Math.log(value / (value - added));
  }

  /** How late requests were sent, in milliseconds: the larger of mean and percentile, as for the other delays. */
  #sentLateMs(percentile: PercentileName): number {
    const isHeldBack = this.#runs.some(({ held_back: held }) => held !== undefined);
    const meanMs = this.#mean(({ metrics, held_back: held }) => ownWait(metrics.client_wait, held).mean);
    // How long requests were held back, as planned, is known on average only.
    return isHeldBack
      ? meanMs
      : Math.max(
          meanMs,
          this.#mean(({ metrics }) => metrics.client_wait[percentile]),
        );
  }

  /** Of a figure of the runs, weighted by their completed requests; 0 if none has it. */
  #mean(figure: (run: Run) => number | null): number {
    let sum = 0;
    let count = 0;
    for (const run of this.#runs) {
      const value = figure(run);
      if (value === null || !Number.isFinite(value)) continue;
      sum += value * run.requests.completed;
      count += run.requests.completed;
    }
    return count === 0 ? 0 : sum / count;
  }
}

/** However late the load generator was, a part of what it measured is the server's. */
const mostOfFigure = 0.95;

/**
 * Widens the interval of a ratio by what the load generator can have added to either figure. If both sides were measured
 * by the same load generator at the same time, what it added to both cancels out, and only the difference counts.
 *
 * @param errors of both figures, as {@link ClientError.of} gives them
 */
export function widened(
  { lower, upper }: Interval,
  metric: ComparedMetric,
  errors: { readonly baseline: number; readonly candidate: number },
  interleaved: boolean,
): Interval {
  const common = interleaved ? Math.min(errors.baseline, errors.candidate) : 0;
  const [before, after] = [errors.baseline - common, errors.candidate - common];
  // The difference of two time stamps may be off in both directions.
  if (metric.type === 'latency' && (metric.metric === 'tpot' || metric.metric === 'chunk_gap')) {
    return { lower: lower * Math.exp(-before - after), upper: upper * Math.exp(before + after) };
  }
  // A latency may have been shorter than measured, a rate higher.
  const [down, up] = metric.type === 'latency' ? [after, before] : [before, after];
  return { lower: lower * Math.exp(-down), upper: upper * Math.exp(up) };
}
