import { LatencyHistogram } from '../../measurement/latency/histogram.js';
import { type MetricName, type PercentileName, percentiles } from '../../measurement/metric-names.js';
import type { Run } from '../../measurement/result-schema.js';
import { goodputLimits, type Objective, parseObjective } from '../../measurement/settings/objectives.js';
import { ClientDelay, shareOfDelay } from '../../measurement/validity/client-delay.js';
import { SentLate, weightedMean } from '../../measurement/validity/sent-late.js';
import type { Interval } from '../../statistics/ratio.js';
import type { ComparedMetric, JudgedMetric } from '../compared-metric.js';

/** The load generator's own share in the figures of one side. */
export class ClientError {
  readonly #runs: readonly Run[];
  readonly #limits: readonly Objective[];
  #delay: ClientDelay | undefined;

  /** @param slo the objectives of the plan, whose limits goodput applies to each request */
  constructor(runs: readonly Run[], slo: readonly string[]) {
    this.#runs = runs;
    this.#limits = goodputLimits(slo).map(parseObjective);
  }

  get delay(): ClientDelay {
    return (this.#delay ??= ClientDelay.ofRuns(this.#runs));
  }

  /**
   * How far a measured figure may be from the server's true one, as a logarithm, 0 or more: a latency may have been
   * measured too long, the rate of a closed loop too low, because its clients notice late that they may send, and
   * goodput too low.
   *
   * @param value as measured, 0 or more: milliseconds or a rate
   */
  of(metric: ComparedMetric, value: number): number {
    // Answers are counted, however late they are noticed.
    if (value === 0 || metric.id === 'success_rate') return 0;
    if (metric.type === 'rate') {
      const e2eMs = weightedMean(this.#runs, (run) => run.metrics.e2e.mean);
      const isClosed = this.#runs.every(({ settings }) => settings.rate === null);
      const sent = isClosed && e2eMs > 0 ? Math.log1p(this.delay.meanMs / e2eMs) : 0;
      return metric.id === 'goodput' ? sent + this.#ofGoodput(value) : sent;
    }
    const added = Math.min(mostOfFigure * value, this.#addedMs(metric.metric, metric.percentile));
    return Math.log(value / (value - added));
  }

  /**
   * Requests that were answered a little too late for the limits of goodput count as bad, although they may have been
   * good without the delay. This is the logarithm of the possible goodput over the measured one.
   */
  #ofGoodput(perSecond: number): number {
    const missedShare = this.#limits.reduce((sum, { metric, belowMs }) => {
      const histogram = LatencyHistogram.merged(
        this.#runs
          .flatMap(({ metrics }) => metrics[metric].histogram ?? [])
          .map((each) => LatencyHistogram.decode(each)),
      );
      const toMs = belowMs + this.#addedMs(metric, 'p95');
      const late = histogram.cells().filter(({ upToMs }) => upToMs >= belowMs && upToMs < toMs);
      const few = late.reduce((count, cell) => count + cell.count, 0);
      return histogram.count === 0 ? sum : sum + few / histogram.count;
    }, 0);
    const answered = weightedMean(this.#runs, ({ rates }) => rates.requests_per_second);
    return Math.log1p((missedShare * answered) / perSecond);
  }

  /** The most that the load generator can have added to a percentile of a latency, in milliseconds. */
  #addedMs(metric: MetricName, percentile: PercentileName): number {
    const share = shareOfDelay(metric, {
      queueWaitSource: this.#runs[0]?.metrics.queue_wait.source ?? 'unavailable',
      outputTokens: weightedMean(this.#runs, ({ rates }) => rates.output_tokens_per_second / rates.requests_per_second),
    });
    const late = metric === 'ttft_from_schedule' ? new SentLate(this.#runs).addedMs(percentile) : 0;
    return share * this.delay.addedMs(percentiles[percentile]) + late;
  }
}

/** However late the load generator was, part of what it measured is due to the server. */
export const mostOfFigure = 0.95;

/**
 * Widens the interval of a ratio by what the load generator can have added to either figure. If the same load generator
 * measured both sides at the same time, what it added to both cancels out, and only the difference counts.
 *
 * @param errors of both figures, as {@link ClientError.of} returns them
 */
export function widened(
  { lower, upper }: Interval,
  metric: JudgedMetric,
  errors: { readonly baseline: number; readonly candidate: number },
  interleaved: boolean,
): Interval {
  const common = interleaved ? Math.min(errors.baseline, errors.candidate) : 0;
  const [before, after] = [errors.baseline - common, errors.candidate - common];
  // The difference of two timestamps may be off in both directions.
  if (metric.type === 'latency' && (metric.metric === 'tpot' || metric.metric === 'chunk_gap')) {
    return { lower: lower * Math.exp(-before - after), upper: upper * Math.exp(before + after) };
  }
  // A latency may have been shorter than measured, and a rate higher.
  const [down, up] = metric.type === 'latency' ? [after, before] : [before, after];
  return { lower: lower * Math.exp(-down), upper: upper * Math.exp(up) };
}
