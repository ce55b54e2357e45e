import type { BucketCounts } from '../../../src/core/measurement/latency/buckets.js';
import type { QueueView } from '../../../src/core/watch/queue-view.js';
import type { Reading } from '../../../src/core/watch/watched-server.js';

export interface Seen {
  readonly completed?: number;
  readonly refused?: number;
  /** Of requests that have ended. */
  readonly tokens?: Partial<QueueView['tokens']>;
  /** Output tokens of the running requests. */
  readonly running?: readonly number[];
  /** Output tokens of running requests that are not listed: those of others. */
  readonly unlisted?: number;
  /** How many requests run and wait in all, on a server that says so. */
  readonly counts?: { readonly running: number; readonly waiting: number };
  readonly waiting?: number;
  /** Requests with a TTFT up to 100 ms, and from there to 1 s. */
  readonly ttft?: readonly [number, number];
  readonly engineRestarts?: number;
  readonly draining?: boolean;
  /** The name of the key of all requests. */
  readonly key?: string;
  /** At a front of a cluster: how many generations each node runs, for all fronts. */
  readonly atNodes?: readonly number[];
  /** The lines of several models. */
  readonly models?: QueueView['models'];
}

/** A reading of a server with 4 slots. */
export function readingAt(seconds: number, seen: Seen = {}): Reading {
  const owner = { key: seen.key ?? 'anonymous', class: 'standard' };
  const { completed = 0, refused = 0, tokens, running = [], unlisted = 0, waiting = 0, ttft } = seen;
  return {
    atMs: seconds * 1000,
    queue: {
      max_concurrency: 4,
      max_queue: 64,
      slots: 4,
      draining: seen.draining ?? false,
      running: running.map((output, index) => ({
        id: `chatcmpl-running-${index}`,
        ...owner,
        slot: index,
        prompt_tokens: 31,
        output_tokens: output,
        running_ms: 1234,
      })),
      waiting: Array.from({ length: waiting }, (_, index) => ({
        id: `chatcmpl-waiting-${index}`,
        ...owner,
        position: index + 1,
        waited_ms: 100 * (waiting - index),
        eta_ms: index === 0 ? 722 : null,
      })),
      totals: { completed, cancelled: 0, refused, timed_out: 0, failed: 0 },
      tokens: { prompt: 0, cached: 0, output: 0, ...tokens },
      output_tokens: running.reduce((sum, output) => sum + output, (tokens?.output ?? 0) + unlisted),
      ...(seen.atNodes !== undefined && {
        slots_at: 'nodes',
        executors: seen.atNodes.map((running) => ({ running })),
      }),
      ...(seen.counts !== undefined && {
        running_count: seen.counts.running,
        waiting_count: seen.counts.waiting,
      }),
      ...(seen.models !== undefined && { models: seen.models }),
    },
    totals: {
      engineRestarts: seen.engineRestarts ?? 0,
      ttft: ttft === undefined ? null : histogram(ttft),
      queueWait: null,
      tpot: null,
    },
  };
}

function histogram([low, high]: readonly [number, number]): BucketCounts {
  const buckets = [
    { upToMs: 100, count: low },
    { upToMs: 1000, count: high },
    { upToMs: null, count: 0 },
  ];
  return { buckets, count: low + high, sumMs: 50 * low + 500 * high };
}
