import { array, type Decoded, nullable, number, object, optional, string } from '../../api/decode.js';
import type { AnswerEvent, Timings } from './answer.js';

const maybe = <Value>(decode: (value: unknown) => Value): ((value: unknown) => Value | null) =>
  optional(nullable(decode), null);

const callPiece = object({
  index: optional(number, 0),
  id: maybe(string),
  function: optional(object({ name: maybe(string), arguments: maybe(string) }), { name: null, arguments: null }),
});

export const sentTimings = object({
  queue_ms: number,
  prefill_ms: number,
  decode_ms: number,
  prompt_tokens: number,
  cached_tokens: number,
  output_tokens: number,
});

const chunk = object({
  id: maybe(string),
  model: maybe(string),
  choices: optional(
    array(
      object({
        delta: object({
          content: maybe(string),
          reasoning_content: maybe(string),
          tool_calls: maybe(array(callPiece)),
        }),
        finish_reason: maybe(string),
      }),
    ),
    [],
  ),
  timings: maybe(sentTimings),
});

const refused = object({ error: maybe(object({ message: string, code: maybe(string) })) });

/**
 * Reads the data of one event of a streamed answer. Null for the mark of the end.
 * @throws {DecodeError} The server sent something else than a chunk.
 */
export function eventOfData(data: string): AnswerEvent | null {
  if (data === '[DONE]') return null;
  const value: unknown = JSON.parse(data);
  const { error } = refused(value);
  if (error !== null) return { type: 'error', code: error.code ?? 'unknown', message: error.message };
  const { id, model, choices, timings: sent } = chunk(value);
  const choice = choices[0];
  return {
    type: 'chunk',
    responseId: id,
    isStored: false,
    model,
    text: choice?.delta.content ?? '',
    reasoning: choice?.delta.reasoning_content ?? '',
    calls: (choice?.delta.tool_calls ?? []).map(({ index, id, function: { name, arguments: json } }) => ({
      index,
      id,
      name,
      arguments: json ?? '',
    })),
    finishReason: choice?.finish_reason ?? null,
    timings: sent === null ? null : timingsOf(sent),
  };
}

export function timingsOf(sent: Decoded<typeof sentTimings>): Timings {
  return {
    queueMs: sent.queue_ms,
    prefillMs: sent.prefill_ms,
    decodeMs: sent.decode_ms,
    promptTokens: sent.prompt_tokens,
    cachedTokens: sent.cached_tokens,
    outputTokens: sent.output_tokens,
  };
}

/** Reads a comment of a streamed answer: `queued position=3 eta_ms=1621`. Null for one that says nothing new. */
export function eventOfComment(comment: string): AnswerEvent | null {
  const [name, ...figures] = comment.trim().split(/\s+/);
  const figure = (wanted: string): number | null => {
    const value = figures.find((text) => text.startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    return value === undefined || !/^\d+(\.\d+)?$/.test(value) ? null : Number(value);
  };
  const position = figure('position');
  if (name === 'queued' && position !== null) return { type: 'queued', position, etaMs: figure('eta_ms') };
  return name === 'prefill' ? { type: 'prefilling' } : null;
}
