/**
 * Every kind of error. Three tables derive HTTP status, exit code and outcome from it:
 * `server/protocol/http-errors.ts`, `cli/exit/exit-codes.ts` and `inference/request-events.ts`. The messages to clients are
 * in `refusals.ts` and the files beside it.
 */
export type ErrorCode =
  // The request is wrong.
  | 'invalid_request'
  | 'body_too_large'
  | 'body_timeout'
  | 'context_length_exceeded'
  | 'grammar_too_complex'
  | 'invalid_api_key'
  | 'forbidden'
  | 'model_not_found'
  | 'not_found'
  | 'method_not_allowed'
  | 'websocket_unsupported'
  | 'unsupported_media_type'
  | 'limits_held'
  // The queue refuses or gives up.
  | 'queue_full'
  | 'ttft_target'
  | 'queue_timeout'
  | 'deadline'
  | 'rate_limited'
  | 'quota_exceeded'
  | 'draining'
  | 'cancelled'
  | 'too_many_connections'
  // The engine cannot answer.
  | 'engine_unavailable'
  | 'engine_failed'
  | 'upstream_failed'
  | 'model_loading_failed'
  // Something that should be kept cannot be written or read.
  | 'storage_failed'
  // The operator must fix something before anything can be served.
  | 'model_unreadable'
  | 'out_of_memory'
  | 'backend_unavailable'
  | 'address_unavailable'
  // Errors of commands and the load generator.
  | 'target_unreachable'
  | 'cluster_unavailable'
  | 'output_failed'
  | 'usage'
  | 'internal';

/** The sizes of a prompt that does not fit, in tokens. */
export interface Overflow {
  /** A long prompt is not counted to its end: it has at least this many. */
  readonly promptTokens: number;
  readonly contextLength: number;
}

export interface ErrorDetails {
  /** One sentence that tells a person what to do about it. */
  readonly hint?: string;
  /** The request parameter or flag that caused it. */
  readonly param?: string;
  /** Seconds after which it makes sense to try again, a whole number. */
  readonly retryAfterSeconds?: number;
  /** For `context_length_exceeded`. */
  readonly overflow?: Overflow;
  readonly cause?: unknown;
}

/** The only error class of the project: a code for programs, a message for people, and a hint on what to do. */
export class ChatstreamError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly overflow: Overflow | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ChatstreamError';
    this.code = code;
    this.hint = details.hint;
    this.param = details.param;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.overflow = details.overflow;
  }

  /** Message and hint as one paragraph. */
  get advice(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns anything that was thrown into a {@link ChatstreamError}; other errors become one with this code. */
export function asChatstreamError(error: unknown, code: ErrorCode = 'internal'): ChatstreamError {
  return error instanceof ChatstreamError ? error : new ChatstreamError(code, messageOf(error), { cause: error });
}
