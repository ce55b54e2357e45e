import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { noUsage, StreamWatch, usageOf } from '../../../../../src/core/executor/upstream/exchange/answer-watch.js';
import { reportedErrorIn } from '../../../../../src/core/executor/upstream/exchange/reported-error.js';

function event(data: object | string): Buffer {
  return Buffer.from(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
}

const chunk = (delta: object, reason: string | null = null): object => ({
  choices: [{ index: 0, delta, finish_reason: reason }],
});

describe('a stream that passes', () => {
  it('has its first token when there is a part of the answer', () => {
    const watch = new StreamWatch();
    expect(watch.push(Buffer.from(': queued position=1\n\n'))).toBe(0);
    expect(watch.push(event(chunk({ role: 'assistant', content: '' })))).toBe(0);
    expect(watch.hasToken).toBe(false);
    expect(watch.push(event(chunk({ content: 'Hi' })))).toBe(1);
    expect(watch.hasToken).toBe(true);
  });

  it.each([
    ['a thought', chunk({ reasoning_content: 'Hm' })],
    ['a call', chunk({ tool_calls: [{ index: 0 }] })],
    ['an end without text', chunk({}, 'stop')],
    ['text', { choices: [{ index: 0, text: 'Hi', finish_reason: null }] }],
    ['a part of a message', { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } }],
    ['a part of a response', { type: 'response.output_text.delta', delta: 'Hi' }],
  ])('counts %s as a token', (_what, data) => {
    const watch = new StreamWatch();
    watch.push(event(data));
    expect(watch.hasToken).toBe(true);
  });

  it.each([{ type: 'message_start' }, { type: 'ping' }, { type: 'response.created' }, { choices: [] }])(
    'does not count %j',
    (data) => {
      const watch = new StreamWatch();
      watch.push(event(data));
      expect(watch.hasToken).toBe(false);
    },
  );

  it('reads events that are cut in pieces anywhere', () => {
    const bytes = Buffer.concat([event(chunk({ role: 'assistant' })), event(chunk({ content: 'ü' }))]);
    const watch = new StreamWatch();
    let tokens = 0;
    for (const byte of bytes) tokens += watch.push(Buffer.from([byte]));
    expect(tokens).toBe(1);
  });

  it('notices an error before the first token', () => {
    const watch = new StreamWatch();
    watch.push(event({ error: { message: 'out of memory' } }));
    expect(watch.hasToken).toBe(false);
    expect(watch.error).toMatchObject({ message: 'out of memory', status: null });
  });

  it.each([
    ['data: 1\n\n', 1],
    ['data: 1\n\ndata: 2\n\n', 2],
    ['event: x\ndata: 1\n\ndata: 2\n', 1],
    ['data: 1\n', 0],
    ['\n', 0],
    ['', 0],
    ['data: 1\n\n\n\n', 1],
    ['data: 1\r\n\r\ndata: 2\r\n\r\n', 2],
    [': ping\n\ndata: 1\n\n', 1],
    [': about\ndata: 1\n\n', 1],
    ['\r\n', 0],
  ])('counts the ends of events in %j once it has a token', (text, events) => {
    const watch = new StreamWatch();
    watch.push(event(chunk({ content: 'Hi' })));
    expect(watch.push(Buffer.from(text))).toBe(events);
  });

  it('takes an error after the first token for the end, also if both come at once', () => {
    const watch = new StreamWatch();
    const error = event({ error: { message: 'no memory' } });
    expect(watch.push(Buffer.concat([event(chunk({ content: 'Hi' })), error]))).toBeGreaterThanOrEqual(1);
    expect([watch.hasToken, watch.error, watch.failure?.message]).toEqual([true, null, 'no memory']);
  });

  it('counts the same wherever it is cut', () => {
    const bytes = Buffer.from('data: 1\r\n\r\n: ping\n\nevent: x\ndata: 2\n\ndata: 3\r\n\r\n');
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const watch = new StreamWatch();
        watch.push(event(chunk({ content: 'Hi' })));
        const parts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expect(parts.reduce((sum, part) => sum + watch.push(part), 0)).toBe(3);
      }
    }
  });

  it('knows an end from a cut, and what the upstream has counted', () => {
    const watch = new StreamWatch();
    for (let token = 0; token < 10; token += 1) watch.push(event(chunk({ content: 'x' })));
    expect(watch.isComplete).toBe(false);
    watch.push(event({ ...chunk({}, 'stop'), usage: { prompt_tokens: 7, completion_tokens: 10 } }));
    watch.push(event('[DONE]'));
    expect(watch.isComplete).toBe(true);
    expect(watch.usage()).toEqual({ promptTokens: 7, cachedTokens: null, outputTokens: 10 });
  });

  it.each([1, 7, 1448])('knows them also where they come in pieces of %d bytes', (length) => {
    const usage = { input_tokens: 7, output_tokens: 10 };
    const delta = { type: 'response.output_text.delta', delta: 'x' };
    const response = { instructions: 'y'.repeat(9000), usage };
    const bytes = Buffer.concat([delta, delta, { type: 'response.completed', response }].map((each) => event(each)));
    const watch = new StreamWatch();
    for (let from = 0; from < bytes.length; from += length) watch.push(bytes.subarray(from, from + length));
    expect(watch.isComplete).toBe(true);
    expect(watch.usage()).toEqual({ promptTokens: 7, cachedTokens: null, outputTokens: 10 });
  });

  it('knows its end also where a few comments and events follow', () => {
    const watch = new StreamWatch();
    for (const each of [chunk({ content: 'x' }), chunk({}, 'stop'), '[DONE]']) watch.push(event(each));
    for (let ping = 0; ping < 20; ping += 1) watch.push(Buffer.from(': ping\n\n'));
    for (let more = 0; more < 5; more += 1) watch.push(event({ cost: more }));
    expect(watch.isComplete).toBe(true);
  });

  it.each([
    [true, chunk({}, 'stop')],
    [true, { choices: [{ index: 0, text: '', finish_reason: 'length' }] }],
    [true, { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } }],
    [false, chunk({ content: '{"finish_reason": "stop"}' })],
    [false, chunk({ content: 'stop' })],
  ])('knows whether it says why it has ended, without an end mark: %j for %j', (isFinished, last) => {
    const watch = new StreamWatch();
    for (const each of [chunk({ content: 'x' }), last]) watch.push(event(each));
    expect([watch.isComplete, watch.isFinished]).toEqual([false, isFinished]);
  });

  it('parses of its last events only what says something, and that once', () => {
    const watch = new StreamWatch();
    for (let token = 0; token < 10; token += 1) watch.push(event(chunk({ content: 'x' })));
    const last = [chunk({}, 'stop'), { choices: [], usage: { completion_tokens: 10 } }, '[DONE]'];
    watch.push(Buffer.concat(last.map(event)));
    const parse = vi.spyOn(JSON, 'parse');
    const said = [watch.isComplete, watch.failure, watch.usage().outputTokens];
    const parsed = parse.mock.calls.length;
    parse.mockRestore();
    expect(said).toEqual([true, null, 10]);
    expect(parsed).toBe(1);
  });

  it('says the same at its end whatever else was said, and whenever it was asked before', () => {
    const said = fc.constantFrom<object | string>(
      ...[
        chunk({ content: 'usage' }),
        chunk({ content: 'an "error"' }),
        chunk({}, 'stop'),
        { choices: [], usage: null },
      ],
      ...[{ type: 'response.completed', response: { error: null, usage: { input_tokens: 5, output_tokens: 3 } } }],
      ...[{ usage: { prompt_tokens: 4, completion_tokens: 2 } }, { timings: { prompt_n: 6, cache_n: 1 } }],
      ...[{ error: { message: 'no memory' } }, { type: 'error', message: 'full' }, { object: 'error', message: 'off' }],
      ...['[DONE]', '{"usage":', 'no JSON', '5'],
    );
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(2)), (all, askedAfter) => {
        const watch = new StreamWatch();
        watch.push(event(chunk({ content: 'Hi' })));
        // Nothing of these says anything.
        for (let index = 0; index < 9; index += 1) watch.push(event({ choices: [] }));
        for (const [index, each] of all.entries()) {
          watch.push(event(each));
          if (askedAfter.includes(index)) watch.usage();
        }
        const data = all.map(parsed);
        const messages = data.flatMap((each) => reportedErrorIn(each)?.message ?? []);
        expect(watch.failure?.message).toBe(messages[0]);
        expect(watch.isComplete).toBe(
          messages.length > 0 || all.some((each) => each === '[DONE]' || 'response' in Object(each)),
        );
        const usages = data.map(usageOf);
        const largest = Math.max(...usages.map(({ promptTokens }) => promptTokens ?? -1));
        expect(watch.usage()).toEqual({
          promptTokens: largest < 0 ? null : largest,
          cachedTokens: usages.findLast(({ cachedTokens }) => cachedTokens !== null)?.cachedTokens ?? null,
          outputTokens: usages.findLast(({ outputTokens }) => outputTokens !== null)?.outputTokens ?? null,
        });
      }),
    );
  });
});

function parsed(data: object | string): unknown {
  if (typeof data !== 'string') return data;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

it('remembers what Anthropic counts before the answer', () => {
  const watch = new StreamWatch();
  const usage = { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 1 };
  watch.push(event({ type: 'message_start', message: { usage } }));
  const delta = { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } };
  for (let token = 0; token < 5; token += 1) watch.push(event(delta));
  watch.push(event({ type: 'message_delta', usage: { output_tokens: 5 } }));
  watch.push(event({ type: 'message_stop' }));
  expect(watch.usage()).toEqual({ promptTokens: 7, cachedTokens: 4, outputTokens: 5 });
});

describe('the counts in an answer', () => {
  it.each([
    ['OpenAI', { usage: { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } } }],
    [
      'the Responses API',
      { response: { usage: { input_tokens: 9, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } } } },
    ],
    [
      'Anthropic',
      { usage: { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 4, cache_creation_input_tokens: 2 } },
    ],
    ['llama-server', { timings: { prompt_n: 5, cache_n: 4, predicted_n: 2 } }],
    ['chatstream', { timings: { prompt_tokens: 9, cached_tokens: 4, output_tokens: 2 } }],
  ])('are found where %s has them', (_who, data) => {
    expect(usageOf(data)).toEqual({ promptTokens: 9, cachedTokens: 4, outputTokens: 2 });
  });

  it.each([
    ['llama-server', { timings: { prompt_ms: 30, predicted_ms: 412.5 } }],
    ['chatstream', { timings: { queue_ms: 9, prefill_ms: 30, decode_ms: 412.5 } }],
  ])('come with the time that they took where %s has it', (_who, data) => {
    expect(usageOf(data)).toEqual({ ...noUsage, decodeMs: 412.5 });
  });

  it('have no time where it is none', () => {
    for (const time of [-1, '5', null]) expect(usageOf({ timings: { predicted_ms: time } })).toEqual(noUsage);
  });

  it('are not believed if nothing has so many', () => {
    expect(usageOf({ usage: { prompt_tokens: 1e12, completion_tokens: 1e300, total_tokens: 2.5 } })).toEqual(noUsage);
  });

  it('may be missing', () => {
    expect(usageOf({ choices: [] })).toEqual(noUsage);
    expect(usageOf(null)).toEqual(noUsage);
  });
});
