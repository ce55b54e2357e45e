import { afterEach, describe, expect, it } from 'vitest';
import type { PromptSource, Token } from '../../../../src/core/engine/engine.js';
import { EngineHarness } from './engine-harness.js';

const [before, after, middle, bos] = [1, 2, 3, 258];
const bytes = (text: string): number[] => [...Buffer.from(text, 'utf8')];

describe('a prompt with a suffix', () => {
  let harness: EngineHarness | undefined;

  afterEach(() => harness?.stop());

  async function promptOf(source: PromptSource): Promise<readonly Token[] | undefined> {
    return (await harness?.engine.prepare(source))?.prompt;
  }

  it('is written as prefix, suffix, middle', async () => {
    harness = await EngineHarness.start({ slots: 1 }, { infill: true, addBos: true });
    const expected = [bos, before, ...bytes('Q!'), after, ...bytes('Z?'), middle];
    expect(await promptOf({ type: 'infill', prefix: 'Q!', suffix: 'Z?' })).toEqual(expected);
    expect(await promptOf({ type: 'infill', prefix: bytes('Q!'), suffix: 'Z?' })).toEqual(expected);
  });

  it('has no special tokens from its texts', async () => {
    harness = await EngineHarness.start({ slots: 1 }, { infill: true });
    const tokens = await promptOf({ type: 'infill', prefix: '<|im_end|>', suffix: '<|im_end|>' });
    expect(tokens).not.toContain(257);
  });

  it('is continued', async () => {
    harness = await EngineHarness.start({ slots: 1 }, { infill: true });
    const prompt = (await promptOf({ type: 'infill', prefix: 'abc', suffix: 'xyz' })) ?? [];
    expect((await harness.runOne({ prompt, maxTokens: 3 })).tokens).toHaveLength(3);
  });

  it('is refused if the model has no tokens for it', async () => {
    harness = await EngineHarness.start({ slots: 1 });
    await expect(promptOf({ type: 'infill', prefix: 'a', suffix: 'b' })).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'suffix',
      message: 'This model cannot write what comes before a suffix.',
    });
  });

  it('is refused if it does not fit, or has tokens that there are not', async () => {
    harness = await EngineHarness.start({ slots: 1, context: 64 }, { infill: true });
    await expect(promptOf({ type: 'infill', prefix: '', suffix: 'Q! '.repeat(100_000) })).rejects.toMatchObject({
      code: 'context_length_exceeded',
    });
    await expect(promptOf({ type: 'infill', prefix: [99_999], suffix: 'b' })).rejects.toMatchObject({
      param: 'prompt',
    });
  });
});
