import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GenerationSpec } from '../../../../src/core/engine/engine.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import { preparePrompt } from '../../../../src/core/engine/mock/prompt.js';
import { countToken, wordToken } from '../../../../src/core/engine/mock/vocabulary.js';
import type { MockEngineOptions } from '../../../../src/core/engine/options.js';
import { answer, mockBench, mockOptions, outcomeOf, specOf, userPrompt } from './mock-harness.js';

function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => String(index + 1)).join(' ');
}

describe('mock engine, replies', () => {
  it('echo repeats the last user message, a word per token', () => {
    const prompt = preparePrompt({
      type: 'chat',
      messages: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'answer' },
        { role: 'user', content: 'to be\nor  not' },
        { role: 'tool', content: 'later' },
      ],
    });
    const { engine, clock, eventsOf } = mockBench({ reply: 'echo' });
    engine.generate(specOf('a', { prompt, maxTokens: 100 }));
    clock.advance(1000);
    expect(eventsOf('a').slice(1)).toMatchObject([
      { type: 'token', text: 'to ' },
      { type: 'token', text: 'be\n' },
      { type: 'token', text: 'or  ' },
      { type: 'token', text: 'not' },
      { type: 'ended', reason: 'stop', token: null, text: '' },
    ]);
  });

  it('echo repeats a text prompt', () => {
    const prompt = preparePrompt({ type: 'text', text: ' once upon ' });
    expect(answer({ reply: 'echo' }, { prompt, maxTokens: 9 })).toMatchObject({ text: ' once upon ', reason: 'stop' });
  });

  it('echo begins again if the end is ignored', () => {
    const spec = { prompt: userPrompt('to be'), maxTokens: 5, ignoreEos: true };
    expect(answer({ reply: 'echo' }, spec)).toMatchObject({ text: 'to be to be to ', reason: 'length' });
  });

  it('echo of nothing ends at once', () => {
    expect(answer({ reply: 'echo' }, { prompt: userPrompt('') })).toEqual({ text: '', tokens: [], reason: 'stop' });
  });

  it('round counts to 16', () => {
    expect(answer({ reply: 'round' }, { maxTokens: 99 })).toMatchObject({ text: numbers(16), reason: 'stop' });
    expect(answer({ reply: 'round' }, { maxTokens: 16 })).toMatchObject({ text: numbers(16), reason: 'length' });
    const endless = { maxTokens: 20, ignoreEos: true };
    expect(answer({ reply: 'round' }, endless)).toMatchObject({ text: numbers(20), reason: 'length' });
  });

  it('long counts to the requested length', () => {
    expect(answer({ reply: 'long' }, { maxTokens: 40 })).toMatchObject({ text: numbers(40), reason: 'length' });
  });

  it('ends when the context is full', () => {
    const prompt = userPrompt('hi');
    const context = prompt.length + 3;
    expect(answer({ context }, { prompt, maxTokens: 9 })).toMatchObject({ text: '1 2 3', reason: 'length' });
    expect(answer({ context: prompt.length }, { prompt })).toMatchObject({ reason: 'failed' });
  });

  it('ends before a stop string, even one that spans tokens', () => {
    expect(answer({}, { maxTokens: 40, stop: ['2 3'] })).toMatchObject({ text: '1 ', reason: 'stop' });
    expect(answer({}, { maxTokens: 2, stop: ['2 3'] })).toMatchObject({ text: '1 2', reason: 'length' });
  });

  it('answers a request for JSON with JSON, however long', () => {
    const format = { type: 'json_object' } as const;
    const short = answer({}, { format, maxTokens: 40 });
    expect(short.reason).toBe('stop');
    expect(JSON.parse(short.text)).toEqual({ reply: 'mock' });
    const long = answer({}, { format, maxTokens: 40, ignoreEos: true });
    expect(long.tokens.length).toBe(40);
    expect(JSON.parse(long.text)).toEqual({ reply: 'mock' });
  });

  it('refuses a JSON schema', () => {
    const { engine, clock, eventsOf } = mockBench();
    engine.generate(specOf('a', { format: { type: 'json_schema', schema: {} } }));
    clock.advance(0);
    expect(eventsOf('a')).toMatchObject([{ type: 'failed', code: 'invalid_request' }]);
  });

  it('goes on after any number of tokens as if it had never stopped', () => {
    const settings = fc.record({
      reply: fc.constantFrom<MockEngineOptions['reply']>('echo', 'round', 'long'),
      words: fc.string({ maxLength: 30 }),
      maxTokens: fc.integer({ min: 1, max: 24 }),
      stop: fc.array(fc.constantFrom(' 7 8', '1', '10 1', 'b a', ' '), { maxLength: 2 }),
      stopTokens: fc.subarray([countToken(3), countToken(12), wordToken(1)]),
      minTokens: fc.nat({ max: 12 }),
      ignoreEos: fc.boolean(),
      split: fc.nat({ max: 24 }),
    });
    fc.assert(
      fc.property(settings, ({ reply, words, split, ...options }) => {
        const spec: GenerationSpec = specOf('a', { prompt: userPrompt(words), ...options });
        const whole = mockBench({ reply });
        whole.engine.generate(spec);
        whole.clock.advance(10_000);
        const events = whole.eventsOf('a');
        const before = events.filter(({ type }) => type === 'token').slice(0, split);
        const resumed = mockBench({ reply });
        resumed.engine.generate({ ...spec, resumeAfter: outcomeOf(before).tokens });
        resumed.clock.advance(10_000);
        expect(outcomeOf([...before, ...resumed.eventsOf('a')])).toEqual(outcomeOf(events));
      }),
    );
  });
});

describe('mock engine, the end of an answer', () => {
  const reply = { reply: 'round' } as const;

  it('comes before a stop token', () => {
    const stopped = answer(reply, { maxTokens: 9, stopTokens: [countToken(3)] });
    expect(stopped).toMatchObject({ text: '1 2', reason: 'stop' });
  });

  it('does not come before the smallest number of tokens', () => {
    const early = { maxTokens: 40, stop: [' 2', ' 5'], stopTokens: [countToken(3)], minTokens: 4 };
    expect(answer(reply, early)).toMatchObject({ text: '1 2 3 4', reason: 'stop' });
    expect(answer(reply, { maxTokens: 40, minTokens: 20 }).tokens).toHaveLength(20);
  });
});

describe('mock engine, tokens', () => {
  const engine = createMockEngine(mockOptions);

  it('gives back any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(await engine.detokenize(await engine.tokenize(text))).toBe(text);
        expect(await engine.detokenize((await engine.prepare({ type: 'text', text })).prompt)).toBe(text);
      }),
    );
  });

  it('renders a chat', async () => {
    const { prompt } = await engine.prepare({
      type: 'chat',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: '<|im_end|>' },
      ],
    });
    expect(await engine.detokenize(prompt)).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n<|im_end|><|im_end|>\n<|im_start|>assistant\n',
    );
    expect(answer({ reply: 'echo' }, { prompt }).text).toBe('<|im_end|>');
  });

  it('reads counting replies back', async () => {
    const { text, tokens } = answer({ reply: 'round' }, { maxTokens: 99 });
    expect(await engine.detokenize(tokens)).toBe(text);
  });

  it.each([-1, 0.5, 0x110002, 0x10000000, 2 ** 40])('refuses the token %d', async (token) => {
    await expect(engine.detokenize([token])).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(engine.prepare({ type: 'tokens', tokens: [token] })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
