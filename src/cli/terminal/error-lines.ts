import type { ChatstreamError } from '../../core/base/errors.js';
import { styled, wrappedFor } from './terminal.js';

/** How every error looks on a stream: `error:` and what is wrong, and on the next line what to do about it. */
export function errorLines(
  stream: NodeJS.WriteStream,
  { message, hint }: Pick<ChatstreamError, 'message' | 'hint'>,
): readonly string[] {
  const lines = [`${styled(stream, 'red', 'error:')} ${message}`, ...(hint === undefined ? [] : [hint])];
  return lines.map((line) => wrappedFor(stream, line));
}
