import type { OutcomeWithoutTimes } from './outcome.js';
import type { ServerError } from './protocol/server-error.js';

/** Errors in a stream that would have been a 429 or a 503 before its first byte, as chatstream, OpenAI and Anthropic name them. */
const busy: ReadonlySet<string | null> = new Set([
  'overloaded_error',
  'rate_limit_error',
  'rate_limit_exceeded',
  'service_unavailable_error',
]);
const busyStatuses: ReadonlySet<number | null> = new Set([429, 503]);

/** The outcome of a request that the server did not answer properly. */
export function failed(code: string, message: string): OutcomeWithoutTimes {
  return { status: 'failed', code, message };
}

/**
 * The same for an error that the server sent instead of an answer, or of its rest. @param isFirst nothing came before
 */
export function failedBy({ code, type, status, message }: ServerError, isFirst: boolean): OutcomeWithoutTimes {
  const isBusy = isFirst && (busy.has(type) || busy.has(code) || busyStatuses.has(status));
  const name = code ?? (status === null ? null : `http_${status}`) ?? type ?? 'stream_error';
  return { status: isBusy ? 'refused' : 'failed', code: name, message };
}
