import { LatencyHistogram } from '../latency/histogram.js';
import type { MetricName } from '../metric-names.js';
import type { Run } from '../result-schema.js';

/**
 * A mean delay beyond this is worth a sentence in a report: a share of the mean TTFT, or of the end-to-end latency of
 * answers that come as a whole; of a figure of a history.
 */
export const noticeableDelay = 0.02;

/**
 * How late the load generator noticed what arrived, over one or several runs: the delays of its event loop, seen at
 * random moments (docs/metrics.md). A time stamp of an arrival is late by one of them, so a measured latency is the true
 * one plus such a delay.
 */
export class ClientDelay {
  readonly meanMs: number;
  readonly #quantileMs: (percent: number) => number;

  private constructor(meanMs: number, quantileMs: (percent: number) => number) {
    this.meanMs = meanMs;
    this.#quantileMs = quantileMs;
  }

  static ofHistogram(delays: LatencyHistogram): ClientDelay {
    return new ClientDelay(delays.moments()?.meanMs ?? 0, (percent) => delays.quantileMs(percent) ?? 0);
  }

  /** Of several runs together. Older results have no histogram: the most that their figures allow counts. */
  static ofRuns(runs: readonly Pick<Run, 'client'>[]): ClientDelay {
    const histograms = runs.flatMap(({ client }) => decoded(client.event_loop_delay_histogram) ?? []);
    if (histograms.length === runs.length) return ClientDelay.ofHistogram(LatencyHistogram.merged(histograms));
    const worst = (name: 'p50' | 'p99' | 'max'): number =>
      Math.max(0, ...runs.map(({ client }) => client.event_loop_delay_ms[name]));
    const [p50, p99, max] = [worst('p50'), worst('p99'), worst('max')];
    return new ClientDelay(0.5 * p50 + 0.49 * p99 + 0.01 * max, (percent) =>
      percent <= 50 ? p50 : percent <= 99 ? p99 : max,
    );
  }

  /**
   * The most that these delays can have added to a percentile of a latency, in milliseconds. Added to a latency that is
   * nearly the same for all requests, they move the percentile by their own percentile; added to one that spreads far
   * wider than they do, by their mean.
   *
   * @param percent 0 to 100
   */
  addedMs(percent: number): number {
    return Math.max(this.meanMs, this.#quantileMs(percent));
  }
}

function decoded(encoded: string | undefined): LatencyHistogram | null {
  try {
    return encoded === undefined ? null : LatencyHistogram.decode(encoded);
  } catch {
    // The figures beside it say enough.
    return null;
  }
}

/**
 * How many times a delay of the load generator is part of a latency: once in one that ends with the arrival of a token,
 * divided by the number of gaps in a time per token, and never in what the server itself reports or what the load
 * generator does before it sends.
 *
 * @param outputTokens per answer, on average
 */
export function shareOfDelay(
  metric: MetricName,
  { queueWaitSource, outputTokens }: { readonly queueWaitSource: string; readonly outputTokens: number },
): number {
  switch (metric) {
    case 'ttft':
    case 'ttft_from_schedule':
    case 'delivery':
    case 'chunk_gap':
    case 'e2e':
      return 1;
    case 'tpot':
      return 1 / Math.max(1, outputTokens - 1);
    case 'queue_wait':
      return queueWaitSource === 'derived' ? 1 : 0;
    case 'client_wait':
    case 'prefill':
      return 0;
  }
}
