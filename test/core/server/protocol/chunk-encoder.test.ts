import { describe, expect, it } from 'vitest';
import { ChunkEncoder } from '../../../../src/core/server/protocol/chunk-encoder.js';
import type { AnswerKind, WireTimings } from '../../../../src/core/server/protocol/openai.js';
import { parseStream, type StreamPart } from '../../../support/stream-parts.js';

const timings: WireTimings = {
  queue_ms: 1,
  prefill_ms: 2,
  decode_ms: 3,
  prompt_tokens: 5,
  cached_tokens: 4,
  output_tokens: 7,
};

const usage = {
  prompt_tokens: 5,
  completion_tokens: 7,
  total_tokens: 12,
  prompt_tokens_details: { cached_tokens: 4 },
};

function encoder(kind: AnswerKind): ChunkEncoder {
  return new ChunkEncoder(kind, { id: 'x-1', created: 99, model: 'm "quoted"' });
}

function choicesOf(text: string): unknown {
  const [part] = parseStream(text);
  return part?.type === 'data' ? part.data['choices'] : undefined;
}

function types(parts: readonly StreamPart[]): string[] {
  return parts.map(({ type }) => type);
}

describe('chunk encoder', () => {
  it('gives every chunk of a chat the same head', () => {
    const chat = encoder('chat');
    const parts = parseStream(chat.opening() + chat.text('hi') + chat.closing('stop', timings, true));
    const head = { id: 'x-1', object: 'chat.completion.chunk', created: 99, model: 'm "quoted"' };
    expect(types(parts)).toEqual(['data', 'data', 'data', 'data', 'done']);
    for (const part of parts) if (part.type === 'data') expect(part.data).toMatchObject(head);
  });

  it('opens a chat with a role and no text', () => {
    expect(choicesOf(encoder('chat').opening())).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
    ]);
  });

  it('opens a completion with nothing', () => {
    expect(encoder('completion').opening()).toBe('');
  });

  it('wraps the text of a chat in a delta', () => {
    expect(choicesOf(encoder('chat').text('hi'))).toEqual([
      { index: 0, delta: { content: 'hi' }, logprobs: null, finish_reason: null },
    ]);
  });

  it('gives the text of a completion as it is', () => {
    expect(choicesOf(encoder('completion').text('hi'))).toEqual([
      { index: 0, text: 'hi', logprobs: null, finish_reason: null },
    ]);
  });

  it('names the object of a completion as OpenAI does', () => {
    const [part] = parseStream(encoder('completion').text('hi'));
    expect(part).toMatchObject({ data: { object: 'text_completion' } });
  });

  it('keeps an event on one line whatever the text is', () => {
    const text = 'a\nb\r\n"c"\\ \u2028 \u0000 😀 \ud83d';
    const encoded = encoder('chat').text(text);
    expect(encoded.split('\n')).toHaveLength(3);
    expect(choicesOf(encoded)).toMatchObject([{ delta: { content: text } }]);
  });

  it('ends with the reason, the timings and the mark', () => {
    const parts = parseStream(encoder('chat').closing('length', timings, false));
    expect(types(parts)).toEqual(['data', 'done']);
    expect(parts[0]).toMatchObject({
      data: { choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }], timings },
    });
  });

  it('puts the usage into a chunk of its own, and the timings there, for it is the last one', () => {
    const [finish, last] = parseStream(encoder('chat').closing('stop', timings, true));
    expect(finish).not.toHaveProperty('data.timings');
    expect(last).toMatchObject({ data: { choices: [], usage, timings } });
  });

  it('ends a completion with an empty text', () => {
    expect(choicesOf(encoder('completion').closing('stop', timings, false))).toEqual([
      { index: 0, text: '', logprobs: null, finish_reason: 'stop' },
    ]);
  });
});
