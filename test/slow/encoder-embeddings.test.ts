import { afterEach, describe, expect, it } from 'vitest';
import { cosine, EmbeddingHarness } from '../core/engine/llama/embedding-harness.js';
import { bertModel, bertShape, bertTokens } from '../support/gguf/bert-model.js';

const { begin, end } = bertTokens;

describe('an encoder', () => {
  let harness: EmbeddingHarness | undefined;

  afterEach(() => harness?.engine.stop());

  async function open(pooling: 'mean' | 'cls'): Promise<EmbeddingHarness> {
    harness = await EmbeddingHarness.load(await bertModel(pooling), { context: 'auto' });
    return harness;
  }

  it.each(['mean', 'cls'] as const)('says what its vectors are like (%s)', async (pooling) => {
    expect((await open(pooling)).info).toMatchObject({
      architecture: 'bert',
      contextLength: bertShape.context,
      embeddings: { dimensions: bertShape.dim, pooling },
    });
  });

  it('gets each input between its own tokens, once', async () => {
    const { engine } = await open('mean');
    const { prompt, inputLengths } = await engine.prepare({ type: 'inputs', inputs: ['ab', 'a c'] });
    expect(inputLengths).toEqual([4, 4]);
    expect([prompt[0], prompt[3], prompt[4], prompt[7]]).toEqual([begin, end, begin, end]);
    const again = await engine.prepare({ type: 'inputs', inputs: [prompt.slice(0, 4), prompt.slice(5, 7)] });
    expect(again).toEqual({ ...again, prompt, inputLengths });
  });

  it('looks at a whole text, in both directions', async () => {
    const opened = await open('cls');
    const [first, changed, same] = await opened.vectors('abc def', 'abc deg', 'abc def');
    // The vector is that of the first token, which everything else comes after.
    expect(cosine(first, first)).toBeCloseTo(1, 5);
    expect(first).toEqual(same);
    expect(cosine(first, changed)).toBeLessThan(0.9999);
  });

  it('gives the mean of all tokens where the model asks for that, and not its first', async () => {
    const [mean] = await (await open('mean')).vectors('abc def');
    await harness?.engine.stop();
    const [first] = await (await open('cls')).vectors('abc def');
    expect(cosine(mean, mean)).toBeCloseTo(1, 5);
    expect(cosine(mean, first)).toBeLessThan(0.999);
  });

  it('accepts an input that fills the context, and no longer one', async () => {
    const opened = await open('mean');
    const letters = bertShape.context - 2;
    expect(await opened.vectors('a '.repeat(letters))).toHaveLength(1);
    await expect(opened.prepare('a '.repeat(letters + 1))).rejects.toMatchObject({
      code: 'context_length_exceeded',
      overflow: { promptTokens: bertShape.context + 1, contextLength: bertShape.context },
    });
  });

  it('is not given a longer context than it has positions', async () => {
    await expect(EmbeddingHarness.load(await bertModel('mean'), { context: 65 })).rejects.toMatchObject({
      code: 'usage',
      message: '--context 65 is more than the 64 tokens that this model can read.',
    });
  });
});
