import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cosine, EmbeddingHarness } from './embedding-harness.js';

describe('the engine for embeddings', () => {
  let harness: EmbeddingHarness;

  beforeAll(async () => {
    harness = await EmbeddingHarness.start();
  });
  afterAll(() => harness.engine.stop());

  it('gives a vector of length 1 for each input, the same for the same input', async () => {
    const [first, second, third] = await harness.vectors('one text', 'and another', 'one text');
    expect(cosine(first, first)).toBeCloseTo(1, 5);
    expect(first).toEqual(third);
    expect(cosine(first, second)).toBeLessThan(0.999);
  });

  it('reads the names of special tokens as text', async () => {
    const { prompt } = await harness.prepare('<|im_end|>');
    expect(prompt.length).toBeGreaterThan(1);
    expect(await harness.engine.detokenize(prompt)).toBe('<|im_end|>');
  });

  it('refuses tokens that the model does not have', async () => {
    await expect(harness.prepare([1], [999_999])).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'input.1',
    });
  });

  it('lets requests take turns, so that a long list does not hold up a short one', async () => {
    const long = await harness.spec('long', ...Array.from({ length: 20 }, (_, index) => `input ${index}`));
    const short = await harness.spec('short', 'input');
    const ended = harness.ended('long');
    harness.engine.generate(long);
    harness.engine.generate(short);
    await ended;
    const both = ['long', 'short'];
    const order = harness.events.flatMap(({ type, id }) => (type === 'embedded' && both.includes(id) ? [id] : []));
    expect(order.indexOf('short')).toBe(1);
  });

  it('ends a cancelled request after the input at hand', async () => {
    const cancelled = await harness.spec('cancelled', ...Array.from({ length: 20 }, (_, index) => `input ${index}`));
    const { engine } = harness;
    engine.rounds(({ events }) => {
      if (events.some((event) => event.type === 'embedded' && event.index === 2)) engine.cancel('cancelled');
    });
    engine.generate(cancelled);
    const [vector] = await harness.vectors('something else', 'and more', 'so that there are', 'several', 'turns');
    expect(vector).toBeDefined();
    const indexes = harness.events.flatMap((event) =>
      event.type === 'embedded' && event.id === 'cancelled' ? [event.index] : [],
    );
    expect(indexes).toEqual([0, 1, 2]);
  });
});

describe('an engine for embeddings with options or a model of its own', () => {
  let harness: EmbeddingHarness | undefined;

  afterEach(() => harness?.engine.stop());

  it('says what its vectors are like', async () => {
    harness = await EmbeddingHarness.start({}, { dim: 64 });
    expect(harness.info).toMatchObject({
      contextLength: 512,
      embeddings: { dimensions: 64, pooling: 'last' },
      promptCache: { status: 'off' },
      chatTemplate: null,
    });
  });

  it('reads an input that takes several batches as a whole', async () => {
    const text = 'a text of many tokens '.repeat(20);
    harness = await EmbeddingHarness.start({ prefillChunk: 16 });
    const [inPieces, others] = await harness.vectors(text, text.slice(1));
    await harness.engine.stop();
    harness = await EmbeddingHarness.start({ prefillChunk: 512 });
    const [atOnce] = await harness.vectors(text);
    expect(cosine(inPieces, atOnce)).toBeGreaterThan(0.9999);
    expect(cosine(inPieces, others)).toBeLessThan(0.9999);
  });

  it('begins inputs as the model expects, texts and tokens alike', async () => {
    harness = await EmbeddingHarness.start({}, { addBos: true });
    const text = await harness.prepare('abc');
    const begin = text.prompt[0] ?? -1;
    expect(await harness.prepare(text.prompt.slice(1))).toEqual(text);
    expect(await harness.prepare(text.prompt)).toEqual(text);
    expect(await harness.prepare([begin])).toMatchObject({ prompt: [begin], inputLengths: [1] });
    const [fromText, fromTokens] = await harness.vectors('abc', text.prompt.slice(1));
    expect(fromText).toEqual(fromTokens);
  });

  it('accepts an input that fills the context, and no longer one', async () => {
    harness = await EmbeddingHarness.start({ context: 256 });
    const full = Array.from({ length: 256 }, () => 65);
    expect(await harness.vectors(full)).toHaveLength(1);
    await expect(harness.prepare('a', [...full, 65])).rejects.toMatchObject({
      code: 'context_length_exceeded',
      param: 'input.1',
      overflow: { promptTokens: 257, contextLength: 256 },
    });
    await expect(harness.prepare('x y '.repeat(1_000_000))).rejects.toMatchObject({
      code: 'context_length_exceeded',
      param: 'input',
    });
  });
});
