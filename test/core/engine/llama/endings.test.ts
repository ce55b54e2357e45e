import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationSpec } from '../../../../src/core/engine/engine.js';
import type { RepetitionPenalty } from '../../../../src/core/engine/sampling.js';
import { greedy } from '../../../support/sampling.js';
import { EngineHarness } from './engine-harness.js';

const endOfTurn = 257;

let harness: EngineHarness;
beforeAll(async () => {
  harness = await EngineHarness.start({}, { type: 'f16' });
});
afterAll(async () => {
  await harness.stop();
});

/** Ends at the first opportunity. */
const brief = { ...greedy, logitBias: { [endOfTurn]: 100 } };

describe('a stop token', () => {
  it('ends the generation and is not output', async () => {
    const whole = await harness.runOne();
    const last = whole.tokens.at(-1) ?? 0;
    const { tokens, end } = await harness.runOne({ stopTokens: [last] });
    expect(tokens).toEqual(whole.tokens.slice(0, whole.tokens.indexOf(last)));
    expect(end).toMatchObject({ type: 'ended', reason: 'stop', token: null });
  });

  it('may be the first token', async () => {
    const { tokens } = await harness.runOne();
    const { text, end } = await harness.runOne({ stopTokens: tokens });
    expect(text).toBe('');
    expect(end).toMatchObject({ type: 'ended', reason: 'stop', token: null });
  });

  it('has to be a token of the model', async () => {
    const { end } = await harness.runOne({ stopTokens: [100_000] });
    expect(end).toMatchObject({ type: 'failed', code: 'invalid_request', param: 'stop_token_ids' });
  });
});

describe('an answer without tokens', () => {
  it('reads the prompt all the same, so that the next request finds it in the cache', async () => {
    const prompt = harness.prompt(40, 3);
    const filling = await harness.runOne({ prompt, maxTokens: 0 });
    expect(filling.end).toMatchObject({ type: 'ended', reason: 'length', token: null, text: '' });
    expect([filling.tokens, filling.started?.cachedTokens]).toEqual([[], 0]);
    const next = await harness.runOne({ prompt: [...prompt, ...harness.prompt(5, 4)] });
    expect(next.started?.cachedTokens).toBe(prompt.length);
    const again = await harness.runOne({ prompt, maxTokens: 0 });
    expect(again.end).toMatchObject({ type: 'ended', reason: 'length', token: null, text: '' });
  });
});

describe('a smallest number of tokens', () => {
  it('keeps the end of the text away until it is reached', async () => {
    expect((await harness.runOne({ ignoreEos: false, sampling: brief })).tokens).toEqual([]);
    const { tokens, end } = await harness.runOne({ ignoreEos: false, sampling: brief, minTokens: 5 });
    expect(tokens).toHaveLength(5);
    expect(end).toMatchObject({ type: 'ended', reason: 'stop' });
  });

  it('keeps stop tokens and stop strings away as well', async () => {
    const always = { ...greedy, logitBias: { '65': 1000, '66': 500 } };
    const stopTokens = await harness.runOne({ sampling: always, stopTokens: [65], minTokens: 3 });
    expect(stopTokens.tokens).toEqual([66, 66, 66]);
    const stop = await harness.runOne({ sampling: always, stop: ['A'], minTokens: 3 });
    expect(stop.text).toBe('AAA');
    expect(stop.tokens).toHaveLength(4);
  });

  it('holds for a generation that is resumed', async () => {
    const always = { ...greedy, logitBias: { '65': 1000 } };
    const spec = { sampling: always, stop: ['AA'], minTokens: 3 };
    const whole = await harness.runOne(spec);
    const resumed = await harness.runOne({ ...spec, resumeAfter: whole.tokens.slice(0, 4) });
    expect(whole.text).toBe('AAA');
    expect(resumed.tokens).toEqual(whole.tokens.slice(4));
    expect(resumed.end).toEqual({ ...whole.end, id: resumed.end.id });
  });

  it('does not lengthen an output that a grammar has completed', async () => {
    const format = { type: 'choice', choices: ['ab'] } as const;
    const { text, end } = await harness.runOne({ ignoreEos: false, minTokens: 10, format });
    expect(text).toBe('ab');
    expect(end).toMatchObject({ type: 'ended', reason: 'stop' });
  });
});

describe('repetitions', () => {
  const dry: RepetitionPenalty = { multiplier: 50, base: 2, allowedLength: 2, lastTokens: 64, breakers: ['\n'] };
  /** Without a penalty, the same token again and again. */
  const dull = { ...greedy, logitBias: { '65': 500, '66': 470 } };

  it('are avoided, those of the prompt too', async () => {
    const plain = await harness.runOne({ sampling: dull, prompt: [80, 81, 82] });
    expect(new Set(plain.tokens)).toEqual(new Set([65]));
    const { tokens } = await harness.runOne({ sampling: { ...dull, dry }, prompt: [80, 81, 82] });
    expect(tokens.slice(0, 4)).toEqual([65, 65, 65, 66]);
    const after = await harness.runOne({ sampling: { ...dull, dry }, prompt: [80, 65, 65, 65, 81, 65, 65] });
    expect(after.tokens[0]).toBe(66);
  });

  it('go on being avoided by a generation that is resumed', async () => {
    const spec = { sampling: { ...dull, dry }, prompt: [80, 81, 82] };
    const whole = await harness.runOne(spec);
    const resumed = await harness.runOne({ ...spec, resumeAfter: whole.tokens.slice(0, 6) });
    expect(resumed.tokens).toEqual(whole.tokens.slice(6));
  });

  it('are written if a grammar demands them', async () => {
    const format = { type: 'regex', regex: 'A{20}' } as const;
    const sampling = { ...greedy, dry: { ...dry, multiplier: 100, base: 100 } };
    const { text } = await harness.runOne({ ignoreEos: false, maxTokens: 40, sampling, format });
    expect(text).toBe('A'.repeat(20));
  });
});

describe('excluding top choices', () => {
  const two = { ...greedy, temperature: 1, topK: 2 };

  it('leaves the least likely of the likely tokens', async () => {
    const [first = 0] = (await harness.runOne()).tokens;
    const [second] = (await harness.runOne({ sampling: { ...greedy, logitBias: { [first]: -100 } } })).tokens;
    const { tokens } = await harness.runOne({ sampling: { ...two, xtc: { probability: 1, threshold: 0 } } });
    expect(tokens[0]).toBe(second);
  });

  it('happens as often as is asked for, and in the same places with the same seed', async () => {
    const clear = { ...two, logitBias: { '65': 1000, '66': 500 } };
    const sampling = { ...clear, xtc: { probability: 0.5, threshold: 0 } };
    const plain = await harness.runOne({ sampling: clear, maxTokens: 40 });
    const first = await harness.runOne({ sampling, maxTokens: 40 });
    const second = await harness.runOne({ sampling, maxTokens: 40 });
    expect(new Set(plain.tokens)).toEqual(new Set([65]));
    expect(new Set(first.tokens)).toEqual(new Set([65, 66]));
    expect(second.tokens).toEqual(first.tokens);
  });
});

describe('the probability of the token that ends an answer', () => {
  const ends: [string, Partial<GenerationSpec>][] = [
    ['an end-of-turn token', { sampling: brief, ignoreEos: false }],
    ['a stop token', { sampling: { ...greedy, logitBias: { '65': 1000 } }, stopTokens: [65] }],
  ];

  it.each(ends)('is reported with those of the prompt: %s', async (_, spec) => {
    const { tokens, text, end } = await harness.runOne({ ...spec, logprobs: 1, ratesPrompt: true });
    expect([tokens, text]).toEqual([[], '']);
    expect(end).toMatchObject({ type: 'ended', reason: 'stop', token: null, logprob: { written: '' } });
  });

  it.each(ends)('is left out otherwise: %s', async (_, spec) => {
    const { end } = await harness.runOne({ ...spec, logprobs: 1 });
    expect(end).not.toHaveProperty('logprob');
  });
});
