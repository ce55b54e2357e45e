import { messageOf } from '../errors.js';

/**
 * Why a text is not JSON, without a piece of the text, because errors are logged and the text may be private: for example
 * "expected double-quoted property name in JSON at position 7".
 *
 * @param error thrown by `JSON.parse`
 */
export function jsonMistake(error: unknown): string {
  const [reason = ''] = messageOf(error).split(/, (?:\.\.\.)?"/, 1);
  return reason.charAt(0).toLowerCase() + reason.slice(1);
}
