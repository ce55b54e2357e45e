import type { IncomingHttpHeaders } from 'node:http';
import { ChatstreamError } from '../../base/errors.js';

const name = 'x-request-deadline';

/**
 * The deadline that a client states in a header, in milliseconds after the arrival of its request; null for none.
 *
 * @throws ChatstreamError `invalid_request` for anything but a whole number from 1
 */
function deadlineIn(headers: IncomingHttpHeaders): number | null {
  const value = headers[name];
  if (value === undefined) return null;
  const ms = typeof value === 'string' && /^\d{1,10}$/.test(value.trim()) ? Number(value) : 0;
  if (ms >= 1) return ms;
  throw new ChatstreamError(
    'invalid_request',
    `The header ${name} must be a whole number of milliseconds, at least 1.`,
    {
      param: name,
    },
  );
}

/**
 * The earlier of the deadlines in the body and in the header.
 *
 * @throws ChatstreamError `invalid_request` as above
 */
export function earliestDeadline(
  inBody: number | undefined,
  headers: IncomingHttpHeaders,
): { readonly deadlineMs?: number } {
  const deadlineMs = Math.min(inBody ?? Infinity, deadlineIn(headers) ?? Infinity);
  return Number.isFinite(deadlineMs) ? { deadlineMs } : {};
}
