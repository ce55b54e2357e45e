import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationSpec } from '../../../../../src/core/engine/engine.js';
import { compileFormat } from '../../../../../src/core/engine/format/compile-format.js';
import { greedy } from '../../../../support/sampling.js';
import { EngineHarness, type Outcome } from '../engine-harness.js';

const endOfTurn = 257;

let harness: EngineHarness;
beforeAll(async () => {
  // f16, because llama.cpp rounds f32 differently for one sequence and for several (on x86, 12 of 18 texts were the
  // same alone and with others with f32, and 18 of 18 with f16, q8_0 and q4_0).
  harness = await EngineHarness.start({}, { type: 'f16' });
});
afterAll(async () => {
  await harness.stop();
});

const warm = { ...greedy, temperature: 1, topP: 0.95, seed: 7 };

/** Empties the slots of known prompts, because a cached prefix would change where the prompt is cut. */
async function forget(): Promise<void> {
  const fresh = [90, 91, 92, 93].map((seed) => harness.spec({ prompt: harness.prompt(2, seed), maxTokens: 1 }));
  await harness.run(...fresh);
}

async function afresh(changes: Partial<GenerationSpec>): Promise<Outcome> {
  await forget();
  return await harness.runOne(changes);
}

describe('the same seed and prompt', () => {
  const prompt = (): number[] => harness.prompt(40, 1);

  it('give the same tokens again, and other seeds give others', async () => {
    const first = await afresh({ prompt: prompt(), sampling: warm });
    const second = await afresh({ prompt: prompt(), sampling: warm });
    const other = await afresh({ prompt: prompt(), sampling: { ...warm, seed: 8 } });
    expect(second.tokens).toEqual(first.tokens);
    expect(other.tokens).not.toEqual(first.tokens);
  });

  it('give the same tokens with others as alone', async () => {
    const alone = await afresh({ prompt: prompt(), sampling: warm, maxTokens: 40 });
    for (const neighbours of [1, 2, 3]) {
      await forget();
      const beside = Array.from({ length: neighbours }, (_, index) =>
        harness.spec({ prompt: harness.prompt(10 + 20 * index, 50 + index), maxTokens: 30, sampling: warm }),
      );
      const [outcome] = await harness.run(harness.spec({ prompt: prompt(), sampling: warm, maxTokens: 40 }), ...beside);
      expect(outcome?.tokens).toEqual(alone.tokens);
    }
  });

  it('give the same tokens from a cached prefix', async () => {
    const first = await afresh({ prompt: prompt(), sampling: warm });
    const second = await harness.runOne({ prompt: prompt(), sampling: warm });
    expect(first.started?.cachedTokens).toBeLessThan(3);
    expect(second.started?.cachedTokens).toBe(39);
    expect(second.tokens).toEqual(first.tokens);
  });

  it('work with the highest seed, which means "no seed" to llama.cpp', async () => {
    const sampling = { ...warm, seed: 2 ** 32 - 1 };
    const first = await afresh({ prompt: prompt(), sampling });
    const second = await afresh({ prompt: prompt(), sampling });
    expect(second.tokens).toEqual(first.tokens);
  });
});

describe('a cached prefix', () => {
  it('covers prompt and output that the slot holds', async () => {
    const prompt = harness.prompt(30, 2);
    const first = await afresh({ prompt, maxTokens: 10 });
    const next = await harness.runOne({ prompt: [...prompt, ...first.tokens, 40, 41], maxTokens: 2 });
    // The last token was drawn, but never evaluated.
    expect(next.started?.slot).toBe(first.started?.slot);
    expect(next.started?.cachedTokens).toBe(39);
  });

  it('ends where the prompts differ', async () => {
    const prompt = harness.prompt(30, 3);
    await afresh({ prompt, maxTokens: 2 });
    const next = await harness.runOne({ prompt: [...prompt.slice(0, 20), 34, 35, 36], maxTokens: 2 });
    expect(next.started?.cachedTokens).toBe(20);
  });

  it('is found in any slot', async () => {
    await forget();
    const specs = [0, 1, 2, 3].map((seed) => harness.spec({ prompt: harness.prompt(100, 60 + seed), maxTokens: 2 }));
    const outcomes = await harness.run(...specs);
    const again = await harness.runOne({ prompt: harness.prompt(100, 62), maxTokens: 2 });
    expect(again.started).toMatchObject({ slot: outcomes[2]?.started?.slot, cachedTokens: 99 });
  });
});

describe('a generation ends', () => {
  it('with length after maxTokens, with the last token in the event', async () => {
    const { end, tokens } = await harness.runOne({ maxTokens: 5 });
    expect(tokens).toHaveLength(5);
    expect(end).toMatchObject({ type: 'ended', reason: 'length', token: tokens.at(-1) });
  });

  it('with length when prompt and output fill the context', async () => {
    const { end, tokens } = await harness.runOne({ prompt: harness.prompt(500, 4), maxTokens: 100 });
    expect(tokens).toHaveLength(12);
    expect(end).toMatchObject({ type: 'ended', reason: 'length' });
    const last = await harness.runOne({ prompt: harness.prompt(511, 4), maxTokens: 100 });
    expect(last.tokens).toHaveLength(1);
    expect(last.end).toMatchObject({ type: 'ended', reason: 'length' });
  });

  it('with stop at the end-of-generation token, which is not output', async () => {
    const sampling = { ...greedy, logitBias: { [endOfTurn]: 100 } };
    const { end, tokens, text } = await harness.runOne({ ignoreEos: false, sampling });
    expect(end).toMatchObject({ type: 'ended', reason: 'stop', token: null });
    expect(tokens).toEqual([]);
    expect(text).toBe('');
  });

  it('not at that token if it is to be ignored, and never draws it', async () => {
    const sampling = { ...greedy, logitBias: { [endOfTurn]: 100 } };
    const { end, tokens } = await harness.runOne({ ignoreEos: true, sampling, maxTokens: 20 });
    expect(end).toMatchObject({ type: 'ended', reason: 'length' });
    expect(tokens).toHaveLength(20);
    expect(tokens).not.toContain(endOfTurn);
  });

  it('before a stop string that is spread over tokens', async () => {
    const free = await afresh({ prompt: harness.prompt(20, 5), maxTokens: 40 });
    const stop = /[a-z ]{5}/.exec(free.text)?.[0] ?? '';
    expect(stop).not.toBe('');

    const stopped = await afresh({ prompt: harness.prompt(20, 5), maxTokens: 40, stop: ['never', stop] });
    expect(stopped.end).toMatchObject({ type: 'ended', reason: 'stop', stop });
    expect(stopped.text).toBe(free.text.slice(0, free.text.indexOf(stop)));
    expect(stopped.tokens).toEqual(free.tokens.slice(0, stopped.tokens.length));
  });
});

describe('text', () => {
  /** Makes the model generate exactly this text, with a grammar that allows nothing else. */
  async function say(text: string, stop: readonly string[] = []): Promise<Outcome> {
    const spec = harness.spec({
      prompt: harness.prompt(4, 6),
      maxTokens: 200,
      ignoreEos: false,
      stop,
      format: { type: 'json_schema', schema: { const: text } },
    });
    const [outcome] = await harness.run(spec);
    if (outcome === undefined) throw new Error('unreachable');
    return outcome;
  }

  it('comes in whole characters only', async () => {
    const { text, end } = await say('naïve 日本 😀');
    expect(text).toBe('"naïve 日本 😀"');
    expect(end).toMatchObject({ type: 'ended', reason: 'stop' });
    const pieces = harness.rounds.flatMap(({ events }) => events.map((event) => ('text' in event ? event.text : '')));
    expect(pieces).toContain('😀');
  });

  it('ends before a stop string of characters that have several bytes', async () => {
    const { text, end } = await say('xx日本yy', ['本']);
    expect(text).toBe('"xx日');
    expect(end).toMatchObject({ reason: 'stop' });
  });

  it('ends in a replacement character if a character is unfinished', async () => {
    const [firstByte = 0, ...others] = await harness.engine.tokenize('日');
    expect(others).toHaveLength(2);
    const { text } = await harness.runOne({ maxTokens: 1, sampling: { ...greedy, logitBias: { [firstByte]: 100 } } });
    expect(text).toBe('\uFFFD');
  });
});

describe('a resumed generation', () => {
  const base = (): Partial<GenerationSpec> => ({ prompt: harness.prompt(20, 8), maxTokens: 40 });

  it('goes on exactly where it stopped', async () => {
    const whole = await afresh(base());
    for (const known of [1, 7, 25, 39]) {
      const resumeAfter = whole.tokens.slice(0, known);
      const resumed = await afresh({ ...base(), resumeAfter });
      expect(resumed.tokens).toEqual(whole.tokens.slice(known));
      expect(resumed.end).toEqual({ ...whole.end, id: resumed.end.id });
      expect(whole.text.endsWith(resumed.text)).toBe(true);
      expect(textOf(whole, known) + resumed.text).toBe(whole.text);
    }
  });

  it('reports the texts of tokens that another server has generated, and refuses those that break its format', async () => {
    const whole = await afresh(base());
    const resumeAfter = whole.tokens.slice(0, 7);
    const { started, tokens } = await afresh({ ...base(), resumeAfter, foreignTokens: 5 });
    expect(started?.foreignTexts?.map(({ text }) => text).join('')).toBe(textOf(whole, 5));
    expect(started?.foreignTexts?.map(({ written }) => written).join('')).toBe(textOf(whole, 5));
    expect(tokens).toEqual(whole.tokens.slice(7));
    expect((await afresh({ ...base(), resumeAfter })).started).not.toHaveProperty('foreignTexts');

    const format = { type: 'choice', choices: ['yes', 'no'] } as const;
    const { end } = await afresh({ ...base(), format, resumeAfter, foreignTokens: 7 });
    expect(end).toMatchObject({ type: 'failed', code: 'invalid_request', param: 'resume.tokens' });
  });

  it('finds a stop string that began before it was resumed', async () => {
    const whole = await afresh(base());
    const match = /[a-z]{4}/.exec(whole.text);
    const stop = match?.[0] ?? '';
    expect(stop).not.toBe('');
    const undisturbed = await afresh({ ...base(), stop: [stop] });
    const known = undisturbed.tokens.length - 1;
    const resumed = await afresh({ ...base(), stop: [stop], resumeAfter: undisturbed.tokens.slice(0, known) });
    expect(resumed.end).toMatchObject({ reason: 'stop' });
    expect(textOf(undisturbed, known) + resumed.text).toBe(undisturbed.text);
  });

  it('goes on with a grammar', async () => {
    const format = {
      type: 'json_schema',
      schema: { type: 'object', properties: { a: { type: 'string', maxLength: 6 }, b: { enum: ['left', 'right'] } } },
    } as const;
    const whole = await afresh({ ...base(), maxTokens: 100, ignoreEos: false, format });
    const resumeAfter = whole.tokens.slice(0, 9);
    const resumed = await afresh({ ...base(), maxTokens: 100, ignoreEos: false, format, resumeAfter });
    expect([...resumeAfter, ...resumed.tokens]).toEqual(whole.tokens);
    expect(resumed.end).toMatchObject({ type: 'ended', reason: 'stop' });
  });

  it('draws the same tokens each time it is resumed, but not those of the beginning', async () => {
    const resumeAfter = (await afresh({ ...base(), sampling: warm })).tokens.slice(0, 10);
    const first = await afresh({ ...base(), sampling: warm, resumeAfter });
    const second = await afresh({ ...base(), sampling: warm, resumeAfter });
    expect(first.tokens).toHaveLength(30);
    expect(second.tokens).toEqual(first.tokens);
  });

  it('is over at once if nothing is left to generate', async () => {
    const whole = await afresh({ ...base(), maxTokens: 5 });
    const resumed = await harness.runOne({ ...base(), maxTokens: 5, resumeAfter: whole.tokens });
    expect(resumed.tokens).toEqual([]);
    expect(resumed.end).toMatchObject({ type: 'ended', reason: 'length', token: null });
  });

  function textOf(outcome: Outcome, tokens: number): string {
    const events = harness.events(outcome.end.id).filter(({ type }) => type === 'token' || type === 'ended');
    return events
      .slice(0, tokens)
      .map((event) => ('text' in event ? event.text : ''))
      .join('');
  }
});

describe('sampling', () => {
  it('draws a token with the highest bias, and never a forbidden one', async () => {
    const always = await harness.runOne({ sampling: { ...greedy, logitBias: { '65': 100 } } });
    expect(new Set(always.tokens)).toEqual(new Set([65]));
    const never = await harness.runOne({ sampling: { ...greedy, logitBias: { '65': 100, '66': 90, '67': -100 } } });
    expect(never.tokens).not.toContain(67);
  });

  it('fails with a bias on a number that is not a token', async () => {
    const { end } = await harness.runOne({ sampling: { ...greedy, logitBias: { '512': 1 } } });
    expect(end).toMatchObject({ type: 'failed', code: 'invalid_request' });
  });

  it('avoids tokens of the output, with each of the penalties', async () => {
    const biased = { ...greedy, logitBias: bias(range(65, 75), 30) };
    const plain = await harness.runOne({ sampling: biased, maxTokens: 30 });
    for (const penalty of [{ presencePenalty: 2 }, { frequencyPenalty: 2 }, { repeatPenalty: 1.5 }]) {
      const { tokens } = await harness.runOne({ sampling: { ...biased, ...penalty }, maxTokens: 30 });
      expect(tokens[0]).toBe(plain.tokens[0]);
      expect(new Set(tokens).size).toBeGreaterThan(new Set(plain.tokens).size);
    }
  });

  it('applies the presence penalty to the output only, the repeat penalty to the prompt too', async () => {
    const prompt = range(65, 75);
    const unsaid = 80;
    const biased = { ...greedy, logitBias: { ...bias(prompt, 30), ...bias([unsaid], 22) } };
    const present = await harness.runOne({ prompt, maxTokens: 1, sampling: { ...biased, presencePenalty: 2 } });
    expect(prompt).toContain(present.tokens[0]);
    const repeated = await harness.runOne({ prompt, maxTokens: 1, sampling: { ...biased, repeatPenalty: 2 } });
    expect(repeated.tokens).toEqual([unsaid]);
  });

  function range(from: number, to: number): number[] {
    return Array.from({ length: to - from }, (_, index) => from + index);
  }

  function bias(tokens: readonly number[], logit: number): Record<string, number> {
    return Object.fromEntries(tokens.map((token) => [String(token), logit]));
  }
});

describe('a format', () => {
  it('of json_object gives an object', async () => {
    // Quotes and braces are made likely, because otherwise the random model would almost never reach an end.
    const [quote = 0, brace = 0] = await harness.engine.tokenize('"}');
    const sampling = { ...warm, logitBias: { [quote]: 6, [brace]: 6 } };
    for (const seed of [1, 2, 3]) {
      const { text, end } = await harness.runOne({
        maxTokens: 400,
        ignoreEos: false,
        sampling: { ...sampling, seed },
        format: { type: 'json_object' },
      });
      expect(end).toMatchObject({ type: 'ended', reason: 'stop', token: null });
      expect(JSON.parse(text)).toBeTypeOf('object');
    }
  });

  it('of json_schema gives a value that fits the schema, and then ends', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 8 },
        kind: { enum: ['cat', 'dog'] },
        tags: { type: 'array', items: { type: 'boolean' }, minItems: 1, maxItems: 3 },
      },
      required: ['name', 'kind', 'tags'],
      additionalProperties: false,
    };
    for (const seed of [1, 2, 3]) {
      const { text, end } = await harness.runOne({
        maxTokens: 300,
        ignoreEos: false,
        sampling: { ...warm, seed },
        format: { type: 'json_schema', schema },
      });
      expect(end).toMatchObject({ type: 'ended', reason: 'stop', token: null });
      const value: unknown = JSON.parse(text);
      expect(value).toEqual({
        name: expect.any(String) as string,
        kind: expect.stringMatching(/^(cat|dog)$/) as string,
        tags: expect.any(Array) as boolean[],
      });
    }
  });

  it('goes on to maxTokens after the end if that is to be ignored', async () => {
    const { tokens, text, end } = await harness.runOne({
      maxTokens: 20,
      format: { type: 'json_schema', schema: { const: 'ab' } },
    });
    expect(tokens).toHaveLength(20);
    expect(text).toBe('"ab"');
    expect(end).toMatchObject({ type: 'ended', reason: 'length' });
  });

  it('prevails over a bias that forbids a token it needs', async () => {
    for (const sampling of [greedy, warm]) {
      const { text, end } = await harness.runOne({
        ignoreEos: false,
        sampling: { ...sampling, logitBias: { '34': -100, [endOfTurn]: -100 } },
        format: { type: 'json_schema', schema: { const: 'ab' } },
      });
      expect(text).toBe('"ab"');
      expect(end).toMatchObject({ type: 'ended', reason: 'stop' });
    }
  });

  it('may be a regular expression, a grammar, or a compiled grammar', async () => {
    const formats = [
      { type: 'regex', regex: 'a{3}b' },
      { type: 'grammar', grammar: 'root ::= "aa" x\nx ::= "ab"' },
      { type: 'compiled', gbnf: compileFormat({ type: 'regex', regex: '^aaab$' }).gbnf },
    ] as const;
    for (const format of formats) {
      const { text, end } = await harness.runOne({ ignoreEos: false, format });
      expect(text).toBe('aaab');
      expect(end).toMatchObject({ type: 'ended', reason: 'stop' });
    }
  });

  it('that cannot be compiled fails, saying why', async () => {
    const schema = { type: 'string', pattern: String.raw`\ba` };
    const { end } = await harness.runOne({ format: { type: 'json_schema', schema } });
    expect(end).toMatchObject({
      type: 'failed',
      code: 'invalid_request',
      message: expect.stringContaining('pattern') as string,
    });
  });
});
