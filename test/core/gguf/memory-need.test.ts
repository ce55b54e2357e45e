import { describe, expect, it } from 'vitest';
import type { GgufFile } from '../../../src/core/gguf/gguf-file.js';
import {
  checkCacheType,
  checkMemory,
  isTight,
  type Memory,
  type MemoryNeed,
  memoryNeed,
} from '../../../src/core/gguf/memory-need.js';

const gib = 2 ** 30;

function need(weights: number, cache: number, changes: Partial<MemoryNeed> = {}): MemoryNeed {
  return {
    contextLength: 4096,
    trainedContextLength: null,
    slots: 4,
    cacheType: 'f16',
    weightBytes: weights * gib,
    cacheBytes: { least: cache * gib, most: cache * gib },
    ...changes,
  };
}

function memory(available: number, total: number): Memory {
  return { available: available * gib, total: total * gib };
}

function refusal(wanted: MemoryNeed, there: Memory): unknown {
  try {
    checkMemory(wanted, there);
    return null;
  } catch (error) {
    return error;
  }
}

describe('memory', () => {
  it('may be smaller than the weights, which are mapped', () => {
    expect(refusal(need(6, 1), memory(2, 8))).toBeNull();
    expect(isTight(need(6, 1), memory(2, 8))).toBe(true);
    expect(isTight(need(6, 1), memory(7, 8))).toBe(false);
  });

  it('must not be smaller than weights and slots together', () => {
    expect(refusal(need(10, 2), memory(8, 8))).toMatchObject({
      code: 'out_of_memory',
      message:
        'The model needs 12.0 GiB of memory (weights 10.0 GiB, 4 slots of 4096 tokens 2.0 GiB), 4.0 GiB more than the available 8.0 GiB.',
      hint: 'Use a smaller model or a stronger quantisation.',
    });
  });

  it('must have room for all slots, which are written to at once', () => {
    expect(refusal(need(1, 4), memory(2.5, 8))).toMatchObject({
      code: 'out_of_memory',
      message: '4 slots of 4096 tokens need 4.0 GiB of memory, 1.5 GiB more than the available 2.5 GiB.',
      hint: expect.stringMatching(/--context 2560.*--slots 2,.*--cache-type q8_0/) as string,
    });
  });

  it('names settings that fit next to the weights', () => {
    expect(refusal(need(6, 4), memory(8, 8))).toMatchObject({
      hint: expect.stringMatching(/--context 2048.*--slots 2,/) as string,
    });
  });

  it('names no context that the model was not trained for', () => {
    for (const [trainedContextLength, named] of [
      [1000, 1000],
      [4096, 2560],
      [null, 2560],
    ] as const) {
      expect(refusal(need(1, 4, { trainedContextLength }), memory(2.5, 8))).toMatchObject({
        hint: expect.stringContaining(`(--context ${named})`) as string,
      });
    }
  });

  it('suggests a quantised cache only if it helps', () => {
    for (const refused of [
      refusal(need(1, 4, { cacheType: 'q8_0' }), memory(3, 8)),
      refusal(need(1, 4), memory(2, 8)),
    ]) {
      expect(refused).toMatchObject({ hint: expect.not.stringContaining('--cache-type') as string });
    }
  });

  it('is refused only for a need that is certain', () => {
    const sliding = need(1, 1, { cacheBytes: { least: 0, most: 100 * gib } });
    expect(refusal(sliding, memory(4, 8))).toBeNull();
    expect(isTight(sliding, memory(4, 8))).toBe(true);
  });
});

describe('the context of a model with weights for each position', () => {
  const encoder: GgufFile = {
    fileBytes: 1,
    architecture: 'bert',
    parameters: 1,
    quantisation: null,
    trainedContextLength: 512,
    positions: 512,
    cache: { valuesPerToken: 1, headLengths: [32], plain: true },
  };
  const lengthOf = (context: number | 'auto', file = encoder): number =>
    memoryNeed(file, { slots: 1, context, cacheType: 'f16' }).contextLength;

  it('is never longer than these', () => {
    expect(lengthOf('auto')).toBe(512);
    expect(lengthOf('auto', { ...encoder, trainedContextLength: 1024 })).toBe(512);
    expect(lengthOf(512)).toBe(512);
    expect(() => lengthOf(513)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('the 512 tokens') as string }),
    );
  });
});

describe('a cache type', () => {
  const file = (...headLengths: number[]): GgufFile => ({
    fileBytes: 1,
    architecture: 'llama',
    parameters: 1,
    quantisation: null,
    trainedContextLength: null,
    positions: null,
    cache: { valuesPerToken: 1, headLengths, plain: true },
  });

  it('must fit the length of the attention heads', () => {
    expect(() => {
      checkCacheType(file(128, 80), 'q8_0');
    }).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining('have 80') as string }));
  });

  it.each([
    ['q8_0', 128],
    ['f16', 80],
  ] as const)('%s suits heads of %d', (type, length) => {
    expect(() => {
      checkCacheType(file(length, length), type);
    }).not.toThrow();
  });
});
