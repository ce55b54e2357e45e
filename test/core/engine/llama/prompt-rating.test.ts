import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationEvent, GenerationSpec, Token } from '../../../../src/core/engine/engine.js';
import { ratedChunk } from '../../../../src/core/engine/llama/slots/generation.js';
import type { PromptLogprob } from '../../../../src/core/engine/token-logprob.js';
import { EngineHarness, type Outcome } from './engine-harness.js';

const modelPath = fileURLToPath(new URL('../../../../models/bundled.gguf', import.meta.url));

let harness: EngineHarness;
let prompt: readonly Token[];
beforeAll(async () => {
  harness = await EngineHarness.load(modelPath, { slots: 2, prefillChunk: 64 });
  prompt = await harness.engine.tokenize('東京は日本の首都です。'.repeat(8));
});
afterAll(() => harness.stop());

type RatedEvent = Extract<GenerationEvent, { type: 'rated' }>;

function ratedEvents(id: string): readonly RatedEvent[] {
  return harness.events(id).filter((event) => event.type === 'rated');
}

function ratingsOf(id: string): readonly PromptLogprob[] {
  return ratedEvents(id).flatMap(({ tokens }) => tokens);
}

/** Greedily chosen tokens, and the prompt and these tokens, rated as one prompt. */
async function generatedAndRated(): Promise<{
  generated: readonly GenerationEvent[];
  rated: readonly PromptLogprob[];
}> {
  const first = harness.spec({ prompt, logprobs: 3, maxTokens: 6 });
  const [outcome] = await harness.run(first);
  const second = rating({ prompt: [...prompt, ...(outcome?.tokens ?? [])], logprobs: 3 });
  await harness.run(second);
  return { generated: harness.events(first.id), rated: ratingsOf(second.id) };
}

function rating(changes: Partial<GenerationSpec> = {}): GenerationSpec {
  return harness.spec({ prompt, logprobs: 1, ratesPrompt: true, maxTokens: 1, ...changes });
}

async function runOne(spec: GenerationSpec): Promise<Outcome | undefined> {
  return (await harness.run(spec))[0];
}

describe('the probabilities of a prompt', () => {
  it('are those that its tokens would have as output', async () => {
    const { generated, rated } = await generatedAndRated();
    const asOutput = generated.flatMap((event) => ('logprob' in event ? [event.logprob] : []));
    const asPrompt = rated.slice(prompt.length);
    expect(asOutput).toHaveLength(6);
    expect(asPrompt.map(({ text, bytes }) => [text, bytes])).toEqual(asOutput.map(({ text, bytes }) => [text, bytes]));
    for (const [place, { logprob, top }] of asOutput.entries()) {
      expect(asPrompt[place]?.logprob).toBeCloseTo(logprob, 1);
      expect(asPrompt[place]?.top[0]?.text).toBe(top[0]?.text);
    }
  });

  it('are listed for every token but the first, which has none', async () => {
    const spec = rating();
    await runOne(spec);
    const [first, ...others] = ratingsOf(spec.id);
    expect(others).toHaveLength(prompt.length - 1);
    expect(first).toMatchObject({ logprob: null, top: [] });
    for (const { logprob, top } of others) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top).toHaveLength(1);
    }
  });

  it('come in small pieces, while others get a token in each round', async () => {
    expect(prompt.length).toBeGreaterThan(ratedChunk);
    const other = harness.spec({ maxTokens: 200 });
    harness.engine.generate(other);
    await harness.event(other.id, 'token');
    const spec = rating();
    const ended = harness.event(spec.id, 'ended');
    harness.engine.generate(spec);
    await ended;
    harness.engine.cancel(other.id);
    const rounds = harness.rounds.filter(({ events }) => events.some((event) => event.id === spec.id));
    const pieces = ratedEvents(spec.id);
    expect(pieces.map(({ from }) => from)).toEqual([0, ratedChunk + 1, 2 * ratedChunk + 1].slice(0, pieces.length));
    for (const { tokens } of pieces) expect(tokens.length).toBeLessThanOrEqual(ratedChunk + 1);
    for (const { events } of rounds) expect(events.some(({ id }) => id === other.id)).toBe(true);
  });

  it('take nothing from the cache, and leave the prompt there', async () => {
    const again = [rating(), rating()];
    for (const spec of again) expect((await runOne(spec))?.started?.cachedTokens).toBe(0);
    const [first = [], second = []] = again.map(({ id }) => ratingsOf(id));
    for (const [place, { logprob }] of first.entries()) expect(second[place]?.logprob).toBeCloseTo(logprob ?? 0, 1);
    const plain = await runOne(harness.spec({ prompt, maxTokens: 1 }));
    expect(plain?.started?.cachedTokens).toBe(prompt.length - 1);
  });

  it.each([1, 2, ratedChunk + 1])('can be all that is wanted: %d tokens', async (length) => {
    const spec = rating({ prompt: prompt.slice(0, length), maxTokens: 0 });
    const outcome = await runOne(spec);
    expect(outcome?.end).toMatchObject({ type: 'ended', reason: 'length', token: null, text: '' });
    expect(ratingsOf(spec.id)).toHaveLength(length);
  });

  it('are not repeated when a generation is resumed', async () => {
    const spec = rating({ maxTokens: 3, resumeAfter: prompt.slice(0, 1) });
    await runOne(spec);
    expect(ratingsOf(spec.id)).toEqual([]);
  });
});
