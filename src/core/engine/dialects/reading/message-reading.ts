import type { CallSyntax, MessagePart, MessageSyntax } from '../dialect.js';
import type { Reading } from '../feed.js';
import { type OpenAnswer, readCall, readContent, TrimmedText } from './reading.js';

/**
 * Reads an answer in messages. Several thoughts become one text with empty lines between them, and so do several
 * messages to the user.
 *
 * @param calls null if none are recognised; then the body of a call is content
 */
export function* readMessages(answer: OpenAnswer, syntax: MessageSyntax, calls: CallSyntax | null): Reading {
  const { feed, parts } = answer;
  const { start } = syntax;
  const ends = [...syntax.ends, start];
  const before = { thought: false, content: false };
  let next: Next = answer.isThinking ? { part: 'thought', header: '' } : yield* readHeader(answer, syntax, false);
  while (next !== null) {
    const { part, header } = next;
    let end: string | null;
    if (part === 'thought') {
      end = yield* readThoughtBody(answer, ends, before.thought);
      before.thought = true;
    } else if (part === 'call' && (yield* readCall(answer, calls, header))) {
      end = yield* feed.until(ends, () => undefined);
    } else {
      // An empty line, which is left out if nothing follows.
      if (before.content) parts.content('\n\n');
      else parts.dropSpace();
      end = yield* readContent(answer, { calls, marks: null, begun: null, isContent: false, ends });
      before.content = true;
    }
    if (end === null) return;
    next = yield* readHeader(answer, syntax, end === start);
  }
}

type Next = { readonly part: MessagePart; readonly header: string } | null;

function* readThoughtBody(answer: OpenAnswer, ends: readonly string[], isAnother: boolean): Reading<string | null> {
  const { feed, parts } = answer;
  answer.isThinking = true;
  let separator = isAnother ? '\n\n' : '';
  const thought = new TrimmedText((text) => {
    parts.reasoning(separator + text);
    separator = '';
  });
  const end = yield* feed.until(ends, (text) => {
    thought.push(text);
  });
  answer.isThinking = false;
  return end;
}

/**
 * Reads the beginning of a message up to its body. Without a header, content follows.
 *
 * @param isStarted whether the mark at the start has been read
 * @returns null if the answer ends before the body
 */
function* readHeader(
  { feed }: OpenAnswer,
  { start, role, headers, body, partOf }: MessageSyntax,
  isStarted: boolean,
): Reading<Next> {
  const started =
    isStarted ||
    (yield* feed.attempt(function* () {
      yield* feed.space();
      return (yield* feed.literal(start)) ? true : null;
    })) === true;
  if (started) yield* feed.literal(role);
  const next = yield* feed.attempt<Next | 'cut off'>(function* () {
    yield* feed.space();
    const first = yield* feed.oneOf([...headers, body]);
    if (first === null) return null;
    if (first === body) return { part: 'content', header: '' };
    let header = first;
    // A header is a single line.
    const end = yield* feed.until([body, '\n'], (text) => {
      header += text;
    });
    if (end === body) return { part: partOf(header), header };
    return end === null && header.startsWith('<') ? 'cut off' : null;
  });
  if (next === 'cut off') return null;
  if (next !== null) return next;
  return (yield* feed.peek()) === null ? null : { part: 'content', header: '' };
}
