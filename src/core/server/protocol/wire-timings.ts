import { answerTokens, type Timings } from '../../inference/request.js';
import type { WireTimings } from '../schemas/completions/completion-answers.js';

/** The `timings` of an answer. Milliseconds to the microsecond, the precision of the clock. */
export function wireTimings(timings: Timings): WireTimings {
  return {
    queue_ms: toMicrosecond(timings.queueMs),
    prefill_ms: toMicrosecond(timings.prefillMs),
    decode_ms: toMicrosecond(timings.decodeMs),
    prompt_tokens: timings.promptTokens,
    cached_tokens: timings.cachedTokens,
    output_tokens: answerTokens(timings),
    ...(timings.reasoningTokens > 0 && { reasoning_tokens: timings.reasoningTokens }),
    ...(timings.pausedMs !== undefined && { paused_ms: toMicrosecond(timings.pausedMs) }),
    ...(timings.executor !== undefined && { executor: timings.executor }),
  };
}

function toMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
