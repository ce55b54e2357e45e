import type { Subscribable } from '../base/emitter.js';
import type { RateLimiter } from '../scheduler/rate-limiter.js';
import type { InferenceEvent } from './request.js';

/** Counts the tokens of requests that have ended against the limits of their keys. */
export function spendTokens(events: Subscribable<InferenceEvent>, rates: RateLimiter | undefined): void {
  if (rates === undefined) return;
  events((event) => {
    if (event.type !== 'settled') return;
    const payer = event.payer ?? event.key;
    if (payer === null) return;
    const { promptTokens, cachedTokens, outputTokens, prefillMs } = event.timings;
    // Requests that never left the queue have cost no prefill.
    if (outputTokens > 0 || prefillMs > 0) rates.spend(payer, promptTokens - cachedTokens + outputTokens);
  });
}
