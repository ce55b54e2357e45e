import { ChatstreamError, type ErrorCode } from '../../../base/errors.js';

/** An error in the form in which one thread or process sends it to another. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly param?: string;
}

export function writeError({ code, message, hint, param }: ChatstreamError): SentError {
  return { code, message, ...(hint !== undefined && { hint }), ...(param !== undefined && { param }) };
}

export function readError({ code, message, ...details }: SentError): ChatstreamError {
  return new ChatstreamError(code, message, details);
}
