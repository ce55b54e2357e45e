import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import type { WireError } from './messages.js';

/** What travels of an error. Anything that is not ours is the engine's failure. */
export function toWire(thrown: unknown): WireError {
  const { code, message, hint, param } = asChatstreamError(thrown, 'engine_failed');
  return { code, message, ...(hint !== undefined && { hint }), ...(param !== undefined && { param }) };
}

/** The error as it was thrown in the engine process, but for its stack and cause. */
export function fromWire({ code, message, ...details }: WireError): ChatstreamError {
  return new ChatstreamError(code, message, details);
}
