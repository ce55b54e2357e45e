import type { RequestOutcome } from './outcome.js';

/** An answer that all requests of a bench will get, because it is about something that they have in common. */
export interface Rejection {
  /** The HTTP status. */
  readonly status: number;
  /** The server's words, or what it did. */
  readonly message: string;
}

/** A redirection, or a wrong parameter, route or key. Not 429 and 503, which are temporary. */
const rejecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 415, 422]);

/** @returns null for every other outcome */
export function rejectionIn(outcome: RequestOutcome): Rejection | null {
  if (outcome.status !== 'failed' || outcome.httpStatus === undefined) return null;
  return rejecting.has(outcome.httpStatus) ? { status: outcome.httpStatus, message: outcome.message } : null;
}
