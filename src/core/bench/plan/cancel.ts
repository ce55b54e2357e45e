import { ChatstreamError } from '../../base/errors.js';
import { parseDuration } from '../../base/units.js';

/** Clients that leave before they have their answer. */
export interface CancelOptions {
  /** As it was given, such as `10%@1s`. */
  readonly text: string;
  /** Of all requests, above 0, below 1. */
  readonly share: number;
  /** When they leave, from sending, above 0. */
  readonly afterMs: number;
}

/**
 * Reads `10%@1s`.
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseCancel(text: string): CancelOptions {
  const [, percent = '', duration = ''] = /^(\d+(?:\.\d+)?)%@(\d+(?:\.\d+)?(?:ms|s|m|h))$/.exec(text) ?? [];
  const share = Number(percent) / 100;
  const afterMs = duration === '' ? 0 : parseDuration(duration);
  if (percent !== '' && share > 0 && share < 1 && afterMs > 0) return { text, share, afterMs };
  throw new ChatstreamError('usage', `"${text}" does not say which clients leave, and when.`, {
    hint: 'Write the share of the requests, above 0 % and below 100 %, and the time from sending: 10%@1s.',
  });
}
