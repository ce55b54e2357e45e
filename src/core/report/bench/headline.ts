import type { BenchResult, QueueWaitSource } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';

/** The latency that a report puts first, and what it calls it. */
export interface Headline {
  readonly metric: 'ttft' | 'ttft_from_schedule';
  readonly name: string;
}

/** An open loop is judged from when a request should have been sent, or a slow client would hide what users feel. */
export function headlineOf({ plan }: Pick<BenchResult, 'plan'>): Headline {
  return plan.loop === 'open'
    ? { metric: 'ttft_from_schedule', name: 'TTFT from schedule' }
    : { metric: 'ttft', name: 'TTFT' };
}

/** The least exact source of all: a column is worth what its worst row is. */
export function queueWaitSourceOf(summaries: readonly SettingSummary[]): QueueWaitSource {
  const sources = new Set(summaries.map(({ metrics }) => metrics.queue_wait.source));
  const worstFirst = ['aggregate', 'derived', 'measured'] as const;
  return worstFirst.find((source) => sources.has(source)) ?? 'unavailable';
}

export const queueWaitSourceText: Readonly<Record<QueueWaitSource, string>> = {
  measured: 'measured: the server reports it for each request',
  derived: "derived (upper bound): TTFT less the server's time for the prompt",
  aggregate: "aggregate: from the server's own histogram, interpolated between its buckets",
  unavailable: 'unavailable: the server does not say how long requests wait',
};
