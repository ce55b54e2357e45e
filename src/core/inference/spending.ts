import type { Subscribable } from '../base/emitter.js';
import type { RateLimiter } from '../scheduler/rate-limits/rate-limiter.js';
import { answerTokens, type InferenceEvent, wasComputed } from './request.js';

/**
 * Counts the tokens of requests that have ended against the limits of their keys. Tokens that another server has
 * supposedly generated count too: they have been read here like a prompt, and a client may have made them up.
 */
export function spendTokens(events: Subscribable<InferenceEvent>, rates: Pick<RateLimiter, 'spend'> | undefined): void {
  if (rates === undefined) return;
  events((event) => {
    if (event.type !== 'settled') return;
    const payer = event.payer ?? event.key;
    if (payer === null) return;
    const { promptTokens, cachedTokens } = event.timings;
    // Upstream servers may say that more was cached than the prompt is estimated to have.
    const readTokens = Math.max(0, promptTokens - cachedTokens);
    if (wasComputed(event.timings)) rates.spend(payer, readTokens + answerTokens(event.timings));
  });
}
