import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../../src/core/base/errors.js';
import type { AnswerPart } from '../../../../../src/core/engine/dialects/answer.js';
import {
  type MessageHead,
  MessagesEncoder,
} from '../../../../../src/core/server/protocol/messages/messages-encoder.js';
import { parseStream } from '../../../../support/stream-parts.js';

const timings = {
  queueMs: 1,
  prefillMs: 2,
  decodeMs: 3,
  promptTokens: 5,
  cachedTokens: 4,
  outputTokens: 7,
  reasoningTokens: 2,
};

const counts = {
  input_tokens: 1,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 4,
  output_tokens: 7,
  output_tokens_details: { thinking_tokens: 2 },
  server_tool_use: null,
};

const answer: readonly AnswerPart[] = [
  { type: 'reasoning', text: 'hm' },
  { type: 'reasoning', text: 'm' },
  { type: 'content', text: 'I "look"' },
  { type: 'content', text: '\nit up.' },
  { type: 'call', index: 0, id: 'call_00ff', name: 'search' },
  { type: 'arguments', index: 0, text: '{"for":' },
  { type: 'arguments', index: 0, text: ' "it"}' },
  { type: 'call', index: 1, id: 'functions.now:1', name: 'now' },
  { type: 'arguments', index: 1, text: '{}' },
];

function encoder(changes: Partial<MessageHead> = {}): MessagesEncoder {
  const head = { id: 'msg_1', model: 'm', requestId: 'r-1', maxTokens: 10, stopSequences: [], showsThoughts: true };
  return new MessagesEncoder({ ...head, ...changes });
}

function events(text: string): readonly Readonly<Record<string, unknown>>[] {
  return parseStream(text).flatMap((part) => (part.type === 'data' ? [part.data] : []));
}

function stream(parts: readonly AnswerPart[], made = encoder()): readonly Readonly<Record<string, unknown>>[] {
  const pieces = parts.map((part) => made.parts([part])).join('');
  return events(
    made.opening({ promptTokens: 5, cachedTokens: 4 }) + pieces + made.closing('tool_calls', timings, null),
  );
}

describe('a streamed message', () => {
  it('has its events in order, with one block at a time', () => {
    expect(stream(answer).map(({ type, index }) => [type, index])).toEqual([
      ['message_start', undefined],
      ['content_block_start', 0],
      ['ping', undefined],
      ['content_block_delta', 0],
      ['content_block_delta', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
      ['content_block_start', 2],
      ['content_block_delta', 2],
      ['content_block_delta', 2],
      ['content_block_stop', 2],
      ['content_block_start', 3],
      ['content_block_delta', 3],
      ['content_block_stop', 3],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ]);
  });

  it('begins with an empty message and the tokens of the prompt', () => {
    expect(stream([])[0]).toEqual({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        container: null,
        diagnostics: null,
        stop_details: null,
        stop_reason: null,
        stop_sequence: null,
        usage: {
          ...counts,
          output_tokens: 0,
          output_tokens_details: { thinking_tokens: 0 },
          cache_creation: null,
          inference_geo: null,
          service_tier: 'standard',
          speed: null,
        },
      },
    });
  });

  it('begins each block without content', () => {
    const blocks = stream(answer).flatMap(({ content_block: block }) => (block === undefined ? [] : [block]));
    expect(blocks).toEqual([
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'text', text: '', citations: [] },
      { type: 'tool_use', id: 'toolu_00ff', name: 'search', input: {}, caller: { type: 'direct' } },
      { type: 'tool_use', id: 'functions.now:1', name: 'now', input: {}, caller: { type: 'direct' } },
    ]);
  });

  it('has a kind of delta for each kind of block', () => {
    const deltas = stream(answer).flatMap(({ type, delta }) => (type === 'content_block_delta' ? [delta] : []));
    expect(deltas).toEqual([
      { type: 'thinking_delta', thinking: 'hm' },
      { type: 'thinking_delta', thinking: 'm' },
      { type: 'signature_delta', signature: '' },
      { type: 'text_delta', text: 'I "look"' },
      { type: 'text_delta', text: '\nit up.' },
      { type: 'input_json_delta', partial_json: '{"for":' },
      { type: 'input_json_delta', partial_json: ' "it"}' },
      { type: 'input_json_delta', partial_json: '{}' },
    ]);
  });

  it('ends with the reason, all counts and the timings', () => {
    const [delta, stop] = stream(answer).slice(-2);
    expect(delta).toMatchObject({
      delta: { container: null, stop_details: null, stop_reason: 'tool_use', stop_sequence: null },
      usage: counts,
      timings: { queue_ms: 1, prefill_ms: 2, decode_ms: 3, prompt_tokens: 5, cached_tokens: 4, output_tokens: 7 },
    });
    expect(stop).toEqual({ type: 'message_stop' });
  });

  it('leaves thoughts empty where they are to be omitted', () => {
    const silent = stream(answer.slice(0, 3), encoder({ showsThoughts: false }));
    expect(silent.filter(({ type }) => type !== 'ping').slice(1, 4)).toEqual([
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: '' } },
      { type: 'content_block_stop', index: 0 },
    ]);
  });

  it('of nothing has no blocks', () => {
    expect(stream([]).map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  it('that fails ends with an error', () => {
    const error = new ChatstreamError('queue_timeout', 'Too late.');
    expect(events(encoder().failure(error))).toEqual([
      {
        type: 'error',
        error: {
          type: 'overloaded_error',
          message: 'Too late.',
          details: { error_code: 'queue_timeout', param: null },
        },
        request_id: 'r-1',
      },
    ]);
  });
});

describe('a whole message', () => {
  const merged: readonly AnswerPart[] = [
    { type: 'reasoning', text: 'hmm' },
    { type: 'content', text: 'Look.' },
    { type: 'call', index: 0, id: 'call_00ff', name: 'search' },
    { type: 'arguments', index: 0, text: '{"for": "it"}' },
  ];

  it('has its blocks in order', () => {
    expect(encoder().whole(merged, 'tool_calls', timings, null)).toMatchObject({
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'hmm', signature: '' },
        { type: 'text', text: 'Look.', citations: [] },
        { type: 'tool_use', id: 'toolu_00ff', name: 'search', input: { for: 'it' }, caller: { type: 'direct' } },
      ],
      stop_reason: 'tool_use',
      usage: counts,
      timings: { output_tokens: 7 },
    });
  });

  it('has no input where the answer ended in the middle of it', () => {
    const cut: AnswerPart = { type: 'arguments', index: 0, text: '{"for": "i' };
    const whole = encoder().whole([...merged.slice(2, 3), cut], 'length', { ...timings, outputTokens: 10 }, null);
    expect(whole).toMatchObject({ content: [{ type: 'tool_use', input: {} }], stop_reason: 'max_tokens' });
  });

  it.each([
    ['stop', null, 7, { stop_reason: 'end_turn', stop_sequence: null }],
    ['stop', 'END', 7, { stop_reason: 'stop_sequence', stop_sequence: 'END' }],
    ['stop', '<|im_end|>', 7, { stop_reason: 'end_turn', stop_sequence: null }],
    ['tool_calls', null, 7, { stop_reason: 'tool_use', stop_sequence: null }],
    ['length', null, 10, { stop_reason: 'max_tokens', stop_sequence: null }],
    ['length', null, 7, { stop_reason: 'model_context_window_exceeded', stop_sequence: null }],
  ] as const)('that ends with %s at %j after %d tokens says why', (reason, stop, outputTokens, said) => {
    const made = encoder({ stopSequences: ['STOP', 'END'] });
    expect(made.whole([], reason, { ...timings, outputTokens }, stop)).toMatchObject(said);
  });
});
