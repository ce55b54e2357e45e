import type { BucketCounts } from '../measurement/latency/buckets.js';
import { readHistogram, sumOf } from '../measurement/latency/prometheus-text.js';

/** What a chatstream server has counted since its start. */
export interface Totals {
  /** Null if it does not say. */
  readonly engineRestarts: number | null;
  readonly ttft: BucketCounts | null;
  readonly queueWait: BucketCounts | null;
  readonly tpot: BucketCounts | null;
}

/** For a server that does not show its metrics. */
export const unknownTotals: Totals = { engineRestarts: null, ttft: null, queueWait: null, tpot: null };

/** Reads them from the answer of `GET /metrics`. */
export function readTotals(text: string): Totals {
  return {
    engineRestarts: sumOf(text, 'chatstream_engine_restarts_total'),
    ttft: readHistogram(text, 'chatstream_time_to_first_token_seconds'),
    queueWait: readHistogram(text, 'chatstream_queue_wait_seconds'),
    tpot: readHistogram(text, 'chatstream_time_per_output_token_seconds'),
  };
}
