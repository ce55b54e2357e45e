/**
 * Every way in which chatstream says no. HTTP status, exit code and metric label are derived from it in three tables:
 * `protocol/http-errors.ts`, `cli/exit-codes.ts` and `inference/outcomes.ts`.
 */
export type ErrorCode =
  // What the caller sent.
  | 'invalid_request'
  | 'body_too_large'
  | 'context_length_exceeded'
  | 'invalid_api_key'
  | 'model_not_found'
  | 'not_found'
  // What the queue answers.
  | 'queue_full'
  | 'queue_timeout'
  | 'draining'
  | 'cancelled'
  // What the engine answers.
  | 'engine_unavailable'
  | 'engine_failed'
  // What the operator must mend before anything can be served.
  | 'model_unreadable'
  | 'out_of_memory'
  | 'backend_unavailable'
  | 'address_unavailable'
  // What a load generator finds.
  | 'target_unreachable'
  | 'output_failed'
  | 'usage'
  | 'internal';

export interface ErrorDetails {
  /** One sentence on what to do about it, fit for a person. */
  readonly hint?: string;
  /** The request parameter or flag that is to blame. */
  readonly param?: string;
  /** When trying again makes sense, in whole seconds. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The one error class of the project: a code to act on, a message to read, a hint on what to do. */
export class ChatstreamError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ChatstreamError';
    this.code = code;
    this.hint = details.hint;
    this.param = details.param;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** Message and hint as one paragraph. */
  get advice(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Anything thrown as our own error; what is not ours already becomes `code`. */
export function asChatstreamError(thrown: unknown, code: ErrorCode = 'internal'): ChatstreamError {
  return thrown instanceof ChatstreamError ? thrown : new ChatstreamError(code, messageOf(thrown), { cause: thrown });
}
