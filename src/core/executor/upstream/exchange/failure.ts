import { member } from '../../../base/json.js';

/** An answer that came as one body. */
export interface WholeAnswer {
  readonly status: number;
  /** Those that are passed on. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Why an upstream has not answered. */
export type Failure =
  /** The request was never sent. */
  | { readonly type: 'unreachable'; readonly reason: string }
  /** It asks to be left alone for a time, in milliseconds: for the requested model, or for all if it says so. */
  | {
      readonly type: 'busy';
      readonly reason: string;
      readonly restMs: number;
      readonly isForAll?: boolean;
      readonly answer: WholeAnswer;
    }
  /** The request has waited there for as long as its line allows. */
  | { readonly type: 'timed_out'; readonly reason: string; readonly answer: WholeAnswer }
  /** It reports itself that something is wrong with it. */
  | { readonly type: 'error'; readonly reason: string; readonly answer: WholeAnswer }
  /** It refuses the key that it was given, or the account has no credit. */
  | { readonly type: 'forbidden'; readonly reason: string }
  /** Nothing is wrong with it, but it cannot continue an answer that another server has begun. */
  | { readonly type: 'unfit'; readonly reason: string }
  /**
   * It died, was silent while it was down, or sent something that is not an answer.
   *
   * @property mayBeUnread whether nothing came on a connection that had been used before: it may have been closed
   *   because it was idle, just when the request was sent
   */
  | { readonly type: 'broken'; readonly reason: string; readonly mayBeUnread?: boolean };

/** The reason for a status of 402. */
export const noCredit = 'its account has no credit (402)';

const usualRestMs = 1000;
/** `Retry-After: 0`, and dates of a clock that is behind, must not make a request go round at the speed of the network. */
const leastRestMs = 250;
const longestRestMs = 60_000;

/** Whether an error says that a server was stopped in the middle of an answer, which is not the answer's fault. */
export function isInterruption(code: string): boolean {
  return code === 'draining' || code === 'engine_unavailable';
}

/** The code of an error as chatstream's answers have it, also in the shape of Anthropic's. */
export function codeOf(body: unknown): unknown {
  const error = member(body, 'error');
  return member(error, 'code') ?? member(member(error, 'details'), 'error_code');
}

/**
 * A chatstream server refuses with them whatever model is asked for: the tokens of a key per day, and connections. Not with
 * `rate_limited`, which may also be about the requests of a key that wait for one model.
 */
const codesForAll: ReadonlySet<unknown> = new Set(['quota_exceeded', 'too_many_connections']);

/**
 * Whether a chatstream server that is busy would refuse a request for another of its models as well.
 *
 * @param isPassedOn whether the refusal is that of a server behind it, of which it may have others
 */
export function isRefusalForAll(body: unknown, isPassedOn: boolean): boolean {
  return !isPassedOn && codesForAll.has(codeOf(body));
}

const unsentCodes: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'],
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether a request that failed with this error was never sent. */
export function isUnsent(error: Error): boolean {
  return unsentCodes.has(member(error, 'code'));
}

/**
 * How long a server that asks for it is left alone, in milliseconds.
 *
 * @param retryAfter seconds, or a date
 */
export function restMs(retryAfter: string | undefined): number {
  if (retryAfter === undefined) return usualRestMs;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.min(longestRestMs, Math.max(leastRestMs, ms)) : usualRestMs;
}
