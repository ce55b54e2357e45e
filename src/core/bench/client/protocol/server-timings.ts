import { amount, member } from '../../../base/json.js';

/**
 * How the server itself reports the time, if it does.
 *
 * `measured`: it reports the queue wait of each request (chatstream, vLLM). `derived`: it reports how long it processed
 * the prompt (llama-server), so the rest of the time to first token is an upper bound of the wait.
 */
export type ServerTimings =
  | { readonly source: 'measured'; readonly queueMs: number; readonly prefillMs: number | null }
  | { readonly source: 'derived'; readonly promptMs: number };

/**
 * How the server reports the time, from any chunk of its stream. There are three dialects:
 *
 * - chatstream, last chunk: `timings.queue_ms`, `timings.prefill_ms`.
 * - vLLM with `--enable-per-request-metrics`, in the chunk with the usage: `metrics.queue_time_ms`, and
 *   `metrics.time_to_first_token_ms`, which it counts from the moment the request left its queue.
 * - llama-server, last chunk: `timings.prompt_ms`, and nothing about the queue.
 */
export function serverTimingsIn(chunk: unknown): ServerTimings | null {
  return (
    measured(member(chunk, 'timings'), 'queue_ms', 'prefill_ms') ??
    measured(member(chunk, 'metrics'), 'queue_time_ms', 'time_to_first_token_ms') ??
    derived(amount(member(member(chunk, 'timings'), 'prompt_ms')))
  );
}

function measured(timings: unknown, queueName: string, prefillName: string): ServerTimings | null {
  const queueMs = amount(member(timings, queueName));
  if (queueMs === null) return null;
  return { source: 'measured', queueMs, prefillMs: amount(member(timings, prefillName)) };
}

function derived(promptMs: number | null): ServerTimings | null {
  return promptMs === null ? null : { source: 'derived', promptMs };
}
