import type { Timings } from '../../inference/request.js';
import type { WireTimings } from './openai.js';

/** Timings as they are sent: milliseconds to the microsecond, which is as much as the clock is worth. */
export function wireTimings(timings: Timings): WireTimings {
  return {
    queue_ms: toMicrosecond(timings.queueMs),
    prefill_ms: toMicrosecond(timings.prefillMs),
    decode_ms: toMicrosecond(timings.decodeMs),
    prompt_tokens: timings.promptTokens,
    cached_tokens: timings.cachedTokens,
    output_tokens: timings.outputTokens,
  };
}

function toMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
