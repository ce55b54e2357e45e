import { createParser } from 'eventsource-parser';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError } from '../base/errors.js';

/** The events of an answer, as they arrive. */
export type AnswerEvent =
  /**
   * The request waits: the place in the queue, 1 being the next, and the approximate wait in milliseconds, if known.
   */
  | { readonly type: 'queued'; readonly position: number; readonly etaMs: number | null }
  /** A piece of the model's thoughts before its answer. */
  | { readonly type: 'thought'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'finished'; readonly reason: string }
  | { readonly type: 'counted'; readonly outputTokens: number; readonly queueMs: number | null };

const chunk = Compile(
  Type.Object({
    choices: Type.Optional(
      Type.Array(
        Type.Object({
          delta: Type.Optional(
            Type.Object({
              content: Type.Optional(Type.Union([Type.String(), Type.Null()])),
              reasoning_content: Type.Optional(Type.Union([Type.String(), Type.Null()])),
            }),
          ),
          finish_reason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        }),
      ),
    ),
    usage: Type.Optional(Type.Union([Type.Object({ completion_tokens: Type.Number() }), Type.Null()])),
    timings: Type.Optional(Type.Object({ queue_ms: Type.Optional(Type.Number()) })),
  }),
);
const failure = Compile(Type.Object({ error: Type.Object({ message: Type.String() }) }));

const announcement = /^\s*queued position=(\d+)(?: eta_ms=(\d+))?/;

/**
 * Reads the answer to a streamed chat completion.
 *
 * @param pieces text of the stream, cut anywhere
 * @throws ChatstreamError `target_unreachable` if the server reports an error, or the stream ends before the answer does
 */
export async function* answerEvents(pieces: AsyncIterable<string>): AsyncGenerator<AnswerEvent, void> {
  let read: AnswerEvent[] = [];
  let isFinished = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') isFinished = true;
      else read.push(...eventsOf(data));
    },
    onComment: (comment) => {
      const [, position, eta] = announcement.exec(comment) ?? [];
      if (position === undefined) return;
      read.push({ type: 'queued', position: Number(position), etaMs: eta === undefined ? null : Number(eta) });
    },
  });
  for await (const piece of pieces) {
    parser.feed(piece);
    for (const event of read) {
      if (event.type === 'finished') isFinished = true;
      yield event;
    }
    read = [];
  }
  if (!isFinished) {
    throw new ChatstreamError('target_unreachable', 'The server closed the connection before the answer was complete.');
  }
}

function eventsOf(data: string): readonly AnswerEvent[] {
  const value = parsed(data);
  if (failure.Check(value)) throw new ChatstreamError('target_unreachable', value.error.message);
  if (!chunk.Check(value)) return [];
  const events: AnswerEvent[] = [];
  const [choice] = value.choices ?? [];
  const { reasoning_content: thought, content } = choice?.delta ?? {};
  if (typeof thought === 'string' && thought !== '') events.push({ type: 'thought', text: thought });
  if (typeof content === 'string' && content !== '') events.push({ type: 'text', text: content });
  if (typeof choice?.finish_reason === 'string') events.push({ type: 'finished', reason: choice.finish_reason });
  if (value.usage !== undefined && value.usage !== null) {
    const { queue_ms: queueMs = null } = value.timings ?? {};
    events.push({ type: 'counted', outputTokens: value.usage.completion_tokens, queueMs });
  }
  return events;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
