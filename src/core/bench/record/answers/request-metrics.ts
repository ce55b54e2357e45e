import type { MetricName } from '../../../measurement/metric-names.js';
import type { Objective } from '../../../measurement/settings/objectives.js';
import type { CompletedRequest } from '../../client/outcome.js';
import { gapsOf, isBurst } from './burst.js';
import { laterTokensOf } from './output-tokens.js';

/** Latencies of one request in microseconds; null where they are not known or not defined. */
export type RequestMetrics = Readonly<Record<Exclude<MetricName, 'chunk_gap'>, number | null>>;

/** The definitions of all figures of one request; docs/metrics.md explains each. */
export function metricsOf(request: CompletedRequest): RequestMetrics {
  const { intendedUs, sendUs, firstTokenUs, lastTokenUs, serverTimings } = request;
  if (request.isWhole === true) return wholeMetrics(request);
  const laterTokens = laterTokensOf(request);
  const ttft = firstTokenUs - sendUs;
  const { queueWait, prefill, delivery } = waterfall(ttft, serverTimings);
  return {
    ttft,
    ttft_from_schedule: firstTokenUs - intendedUs,
    client_wait: sendUs - intendedUs,
    queue_wait: queueWait,
    prefill,
    delivery,
    tpot: laterTokens < 1 || isBurst(request) ? null : (lastTokenUs - firstTokenUs) / laterTokens,
    e2e: lastTokenUs - sendUs,
  };
}

/**
 * Whether a single request meets an objective. Also true if it has no value of the metric, such as a queue wait that
 * the server does not report.
 */
export function isMet({ metric, belowMs }: Objective, metrics: RequestMetrics, request: CompletedRequest): boolean {
  const us = metric === 'chunk_gap' ? gapsOf(request).reduce((worst, gap) => Math.max(worst, gap), 0) : metrics[metric];
  return us === null || us < belowMs * 1000;
}

/** For an answer that arrived as a whole, it is unknown when the first token was there. */
function wholeMetrics({ intendedUs, sendUs, lastTokenUs, serverTimings }: CompletedRequest): RequestMetrics {
  const isMeasured = serverTimings?.source === 'measured';
  return {
    ttft: null,
    ttft_from_schedule: null,
    client_wait: sendUs - intendedUs,
    queue_wait: isMeasured ? serverTimings.queueMs * 1000 : null,
    prefill: isMeasured && serverTimings.prefillMs !== null ? serverTimings.prefillMs * 1000 : null,
    delivery: null,
    tpot: null,
    e2e: lastTokenUs - sendUs,
  };
}

function waterfall(
  ttft: number,
  timings: CompletedRequest['serverTimings'],
): { readonly queueWait: number | null; readonly prefill: number | null; readonly delivery: number | null } {
  if (timings === null) return { queueWait: null, prefill: null, delivery: null };
  if (timings.source === 'derived') {
    // The time outside prompt processing is waiting or delivery. The two cannot be distinguished, so all of it counts
    // as waiting.
    const prefill = timings.promptMs * 1000;
    return { queueWait: Math.max(0, ttft - prefill), prefill, delivery: null };
  }
  const queueWait = timings.queueMs * 1000;
  const prefill = timings.prefillMs === null ? null : timings.prefillMs * 1000;
  return { queueWait, prefill, delivery: prefill === null ? null : Math.max(0, ttft - queueWait - prefill) };
}
