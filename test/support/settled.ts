import type { InferenceEvent, Outcome } from '../../src/core/inference/request.js';

/** A request of a key has ended; half of its prompt, which has as many tokens as its answer, was cached. */
export function settled(key: string | null, outcome: Outcome, tokens = 0, model?: string): InferenceEvent {
  const timings = {
    queueMs: 5,
    prefillMs: 0,
    decodeMs: 0,
    promptTokens: tokens,
    cachedTokens: tokens / 2,
    outputTokens: tokens,
    reasoningTokens: 0,
  };
  const of = { key, ...(model !== undefined && { model }) };
  return { type: 'settled', id: 'a', requestId: null, outcome, error: null, timings, sinceArrivalMs: 0, ...of };
}
