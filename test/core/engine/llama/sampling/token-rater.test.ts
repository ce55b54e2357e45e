import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationEvent, GenerationSpec, Token } from '../../../../../src/core/engine/engine.js';
import {
  importLibrary,
  installedVersion,
  libraryTokens,
} from '../../../../../src/core/engine/llama/library/library.js';
import { TokenRater } from '../../../../../src/core/engine/llama/sampling/token-rater.js';
import type { OutputLogprob } from '../../../../../src/core/engine/token-logprob.js';
import { greedy } from '../../../../support/sampling.js';
import { EngineHarness } from '../engine-harness.js';

const modelPath = fileURLToPath(new URL('../../../../../models/bundled.gguf', import.meta.url));
const version = `node-llama-cpp ${installedVersion()}`;

let harness: EngineHarness;
let prompt: readonly Token[];
beforeAll(async () => {
  harness = await EngineHarness.load(modelPath, { slots: 3 });
  prompt = await harness.engine.tokenize('東京は日本の');
});
afterAll(() => harness.stop());

function logprobsOf(events: readonly GenerationEvent[]): readonly OutputLogprob[] {
  return events.flatMap((event) => ('logprob' in event ? [event.logprob] : []));
}

async function rated(changes: Partial<GenerationSpec> = {}): Promise<readonly OutputLogprob[]> {
  const spec = harness.spec({ prompt, logprobs: 20, ...changes });
  await harness.run(spec);
  return logprobsOf(harness.events(spec.id));
}

/** The likeliest 20 tokens after the prompt: by the library's own list of all tokens, and as they are rated here. */
async function bothLists(): Promise<{ readonly list: readonly number[]; readonly top: readonly number[] }> {
  const library = await importLibrary();
  const llama = await library.getLlama({ gpu: false, build: 'never', logLevel: library.LlamaLogLevel.disabled });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize: 256, threads: 1, sequences: 2 });
  try {
    const asItIs = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 1 };
    const listed = context.getSequence().evaluateWithMetadata(libraryTokens(prompt), { probabilities: true }, asItIs);
    const { value } = await listed.next();
    await listed.return();
    const sequence = context.getSequence();
    const ratings = new TokenRater(model, () => ({ text: '', bytes: null })).follow(sequence, 20);
    const drawn = sequence.evaluateWithMetadata(libraryTokens(prompt), {}, asItIs);
    const token = (await drawn.next()).value?.token ?? 0;
    await drawn.return();
    const list = [...(value?.probabilities ?? new Map<Token, number>()).values()].sort((x, y) => y - x);
    return { list: list.slice(0, 20).map(Math.log), top: ratings.of(token)?.top.map(({ logprob }) => logprob) ?? [] };
  } finally {
    await context.dispose();
    await model.dispose();
    await llama.dispose();
  }
}

describe('the probabilities of tokens', () => {
  it('are those of the whole vocabulary, as the library computes them', async () => {
    const { list, top } = await bothLists();
    expect(top, version).toHaveLength(20);
    for (const [place, logprob] of top.entries()) expect(logprob, version).toBeCloseTo(list[place] ?? 0, 3);
  });

  it('have the token that was drawn greedily first, and add up to 1 at most', async () => {
    const tokens = await rated({ ignoreEos: false });
    expect(tokens.length).toBeGreaterThan(2);
    for (const { text, bytes, logprob, top } of tokens) {
      expect(top[0]).toEqual({ text, bytes, logprob });
      const sum = top.reduce((total, each) => total + Math.exp(each.logprob), 0);
      expect(sum).toBeLessThanOrEqual(1.001);
    }
  });

  it('come before temperature, filters and biases, also for a token that is far from the likeliest', async () => {
    const [plain] = await rated({ maxTokens: 1 });
    const [unlikely = 0] = await harness.engine.tokenize('Q');
    const sampling = { ...greedy, temperature: 2, topK: 3, logitBias: { [unlikely]: 100 } };
    const [biased] = await rated({ maxTokens: 1, sampling });
    expect(biased?.text).toBe('Q');
    expect(biased?.top).toEqual(plain?.top);
    expect(biased?.logprob).toBeLessThan(plain?.top.at(-1)?.logprob ?? 0);
  });

  it('are as many as were asked for, besides that of the token itself', async () => {
    const [none] = await rated({ maxTokens: 1, logprobs: 0 });
    const [two] = await rated({ maxTokens: 1, logprobs: 2 });
    expect(none?.top).toEqual([]);
    expect(two?.top).toHaveLength(2);
    expect(none?.logprob).toBe(two?.logprob);
  });

  it('are left out where nobody asked for them', async () => {
    const spec = harness.spec({ prompt });
    await harness.run(spec);
    expect(logprobsOf(harness.events(spec.id))).toEqual([]);
  });

  it('are the same beside other generations, which stay as they are', async () => {
    const alone = await rated();
    const [other] = await harness.run(harness.spec({ prompt }));
    const specs = [
      harness.spec({ prompt, logprobs: 20 }),
      harness.spec({ prompt }),
      harness.spec({ prompt, logprobs: 1 }),
    ];
    const outcomes = await harness.run(...specs);
    const together = specs.map(({ id }) => logprobsOf(harness.events(id)));
    expect(outcomes.map(({ text }) => text)).toEqual(specs.map(() => other?.text));
    expect(together.map(({ length }) => length)).toEqual([12, 0, 12]);
    for (const [place, { logprob }] of alone.entries()) {
      expect(together[0]?.[place]?.logprob).toBeCloseTo(logprob, 1);
      expect(together[2]?.[place]?.logprob).toBeCloseTo(logprob, 1);
    }
  });

  it('go on where a generation is resumed', async () => {
    const whole = harness.spec({ prompt, logprobs: 1 });
    const [outcome] = await harness.run(whole);
    const rest = await rated({ logprobs: 1, resumeAfter: outcome?.tokens.slice(0, 5) ?? [] });
    const expected = logprobsOf(harness.events(whole.id)).slice(5);
    expect(rest.map(({ text, written }) => [text, written])).toEqual(
      expected.map(({ text, written }) => [text, written]),
    );
  });
});

describe('the texts of tokens', () => {
  it('are the bytes of the answer', async () => {
    const spec = harness.spec({ prompt, logprobs: 0, maxTokens: 60 });
    const [outcome] = await harness.run(spec);
    const tokens = logprobsOf(harness.events(spec.id));
    const bytes = Buffer.from(tokens.flatMap((token) => [...(token.bytes ?? [])]));
    expect(bytes.toString('utf8')).toBe(outcome?.text);
    expect(tokens.map(({ written }) => written).join('')).toBe(outcome?.text.replace(/\uFFFD+$/, ''));
  });

  it('show parts of characters as bytes', async () => {
    const parts = await harness.engine.tokenize('🫠');
    const [first = 0] = parts;
    const [token] = await rated({ maxTokens: 1, sampling: { ...greedy, logitBias: { [first]: 100 } } });
    expect(parts.length).toBeGreaterThan(1);
    expect(token).toMatchObject({ text: '\\xf0', bytes: [0xf0], written: '' });
  });
});
