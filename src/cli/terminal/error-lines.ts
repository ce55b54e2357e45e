import type { ChatstreamError } from '../../core/base/errors.js';
import { readable } from '../../core/report/text/readable.js';
import { styled, wrappedFor } from './terminal.js';

/**
 * How every error looks on a stream: `error:` and what is wrong, and on the next line what to do about it. It may repeat what a
 * server has sent, so it has no control characters.
 */
export function errorLines(
  stream: NodeJS.WriteStream,
  { message, hint }: Pick<ChatstreamError, 'message' | 'hint'>,
): readonly string[] {
  const lines = [`${styled(stream, 'red', 'error:')} ${readable(message)}`];
  if (hint !== undefined) lines.push(readable(hint));
  return lines.map((line) => wrappedFor(stream, line));
}
