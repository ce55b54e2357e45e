import type { Logger } from '../base/logger.js';
import type { RequestLine } from '../inference/queue/request-line.js';

/** Writes one structured line for every request that reached the queue, when it ends. */
export function logRequests(line: Pick<RequestLine, 'events'>, logger: Logger): void {
  line.events((event) => {
    if (event.type !== 'settled') return;
    const { id, requestId, key, outcome, error, timings, executor, model } = event;
    const fields = {
      id,
      ...(requestId === null ? {} : { request_id: requestId }),
      ...(key === null ? {} : { key }),
      outcome,
      ...(model !== undefined && { model }),
      ...(executor !== undefined && { executor }),
      ...(error === null ? {} : { code: error.code, error: error.message }),
      queue_ms: round(timings.queueMs),
      prefill_ms: round(timings.prefillMs),
      decode_ms: round(timings.decodeMs),
      ...(timings.pausedMs !== undefined && { paused_ms: round(timings.pausedMs) }),
      e2e_ms: round(event.sinceArrivalMs),
      prompt_tokens: timings.promptTokens,
      cached_tokens: timings.cachedTokens,
      output_tokens: timings.outputTokens,
    };
    if (outcome === 'failed') logger.error(fields, `request ${outcome}`);
    else logger.info(fields, `request ${outcome}`);
  });
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
