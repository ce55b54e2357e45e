import { afterEach, describe, expect, it } from 'vitest';
import { decodeVector } from '../../../../src/core/engine/embedding.js';
import type { EmbeddingInput } from '../../../../src/core/engine/embeddings-info.js';
import type {
  Engine,
  EngineInfo,
  GenerationEvent,
  GenerationSpec,
  Prepared,
} from '../../../../src/core/engine/engine.js';
import { createLlamaEmbeddingEngine } from '../../../../src/core/engine/llama/embedding-engine.js';
import type { LlamaEngineOptions } from '../../../../src/core/engine/options.js';
import { syntheticModel, type SyntheticModelOptions } from '../../../support/gguf/index.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { greedy } from '../../../support/sampling.js';

/** A real engine with a tiny model, and everything it reports. */
class Harness {
  readonly events: GenerationEvent[] = [];

  private constructor(
    readonly engine: Engine,
    readonly info: EngineInfo,
  ) {
    engine.rounds((round) => this.events.push(...round.events));
  }

  static async start(
    options: Partial<LlamaEngineOptions> = {},
    model: Partial<SyntheticModelOptions> = {},
  ): Promise<Harness> {
    const path = await syntheticModel(model);
    const engine = createLlamaEmbeddingEngine(llamaOptions(path, { embeddings: true, ...options }));
    return new Harness(engine, await engine.start());
  }

  prepare(...inputs: readonly EmbeddingInput[]): Promise<Prepared> {
    return this.engine.prepare({ type: 'inputs', inputs });
  }

  async spec(id: string, ...inputs: readonly EmbeddingInput[]): Promise<GenerationSpec> {
    const { prompt, format, inputLengths = [] } = await this.prepare(...inputs);
    const unused = { maxTokens: 1, minTokens: 0, sampling: greedy, stop: [], stopTokens: [], ignoreEos: false };
    return { id, prompt, format, inputLengths, ...unused, marks: [], thoughtLimit: null, resumeAfter: [] };
  }

  ended(id: string): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.engine.rounds(({ events }) => {
        if (!events.some((event) => event.id === id && (event.type === 'ended' || event.type === 'failed'))) return;
        stop();
        resolve();
      });
    });
  }

  async vectors(...inputs: readonly EmbeddingInput[]): Promise<readonly Float32Array[]> {
    const id = `r${this.events.length}`;
    const ended = this.ended(id);
    this.engine.generate(await this.spec(id, ...inputs));
    await ended;
    return this.events.flatMap((event) =>
      event.type === 'embedded' && event.id === id ? [decodeVector(event.vector)] : [],
    );
  }
}

function cosine(a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

describe('the engine for embeddings', () => {
  let harness: Harness | undefined;

  afterEach(() => harness?.engine.stop());

  it('says what its vectors are like', async () => {
    harness = await Harness.start({}, { dim: 64 });
    expect(harness.info).toMatchObject({
      contextLength: 512,
      embeddings: { dimensions: 64, pooling: 'last' },
      promptCache: { status: 'off' },
      chatTemplate: null,
    });
  });

  it('gives a vector of length 1 for each input, the same for the same input', async () => {
    harness = await Harness.start();
    const [first, second, third] = await harness.vectors('one text', 'and another', 'one text');
    expect(cosine(first, first)).toBeCloseTo(1, 5);
    expect(first).toEqual(third);
    expect(cosine(first, second)).toBeLessThan(0.999);
  });

  it('reads an input that takes several batches as a whole', async () => {
    const text = 'a text of many tokens '.repeat(20);
    harness = await Harness.start({ prefillChunk: 16 });
    const [inPieces, others] = await harness.vectors(text, text.slice(1));
    await harness.engine.stop();
    harness = await Harness.start({ prefillChunk: 512 });
    const [atOnce] = await harness.vectors(text);
    expect(cosine(inPieces, atOnce)).toBeGreaterThan(0.9999);
    expect(cosine(inPieces, others)).toBeLessThan(0.9999);
  });

  it('reads the names of special tokens as text', async () => {
    harness = await Harness.start();
    const { prompt } = await harness.prepare('<|im_end|>');
    expect(prompt.length).toBeGreaterThan(1);
    expect(await harness.engine.detokenize(prompt)).toBe('<|im_end|>');
  });

  it('begins inputs as the model expects, texts and tokens alike', async () => {
    harness = await Harness.start({}, { addBos: true });
    const text = await harness.prepare('abc');
    const begin = text.prompt[0] ?? -1;
    expect(await harness.prepare(text.prompt.slice(1))).toEqual(text);
    expect(await harness.prepare(text.prompt)).toEqual(text);
    expect(await harness.prepare([begin])).toMatchObject({ prompt: [begin], inputLengths: [1] });
    const [fromText, fromTokens] = await harness.vectors('abc', text.prompt.slice(1));
    expect(fromText).toEqual(fromTokens);
  });

  it('accepts an input that fills the context, and no longer one', async () => {
    harness = await Harness.start({ context: 256 });
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

  it('refuses tokens that the model does not have', async () => {
    harness = await Harness.start();
    await expect(harness.prepare([1], [999_999])).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'input.1',
    });
  });

  it('lets requests take turns, so that a long list does not hold up a short one', async () => {
    harness = await Harness.start();
    const long = await harness.spec('long', ...Array.from({ length: 20 }, (_, index) => `input ${index}`));
    const short = await harness.spec('short', 'input');
    const ended = harness.ended('long');
    harness.engine.generate(long);
    harness.engine.generate(short);
    await ended;
    const order = harness.events.flatMap((event) => (event.type === 'embedded' ? [event.id] : []));
    expect(order.indexOf('short')).toBe(1);
  });

  it('ends a cancelled request after the input at hand', async () => {
    harness = await Harness.start();
    const long = await harness.spec('long', ...Array.from({ length: 20 }, (_, index) => `input ${index}`));
    const { engine } = harness;
    engine.rounds(({ events }) => {
      if (events.some((event) => event.type === 'embedded' && event.index === 2)) engine.cancel('long');
    });
    engine.generate(long);
    const [vector] = await harness.vectors('something else', 'and more', 'so that there are', 'several', 'turns');
    expect(vector).toBeDefined();
    const indexes = harness.events.flatMap((event) =>
      event.type === 'embedded' && event.id === 'long' ? [event.index] : [],
    );
    expect(indexes).toEqual([0, 1, 2]);
  });
});
