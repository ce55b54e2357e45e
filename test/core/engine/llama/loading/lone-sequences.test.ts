import { describe, expect, it } from 'vitest';
import { type LoneBatchFacts, needLoneBatches } from '../../../../../src/core/engine/llama/loading/lone-sequences.js';

const facts: LoneBatchFacts = {
  systemInfo: 'CPU : SSE3 = 1 | AVX512 = 1 | AMX_INT8 = 1 | REPACK = 1 | ',
  isWhollyOnGpu: false,
  isRecurrent: true,
};

describe('sequences in batches of their own', () => {
  it('are needed by recurrent models on a CPU with AMX', () => {
    expect(needLoneBatches(facts)).toBe(true);
  });

  it.each<[string, Partial<LoneBatchFacts>]>([
    ['the CPU has no AMX', { systemInfo: 'CPU : SSE3 = 1 | AVX512 = 1 | REPACK = 1 | ' }],
    ['it is not used', { systemInfo: 'CPU : AMX_INT8 = 0 | ' }],
    ['the GPU computes everything', { isWhollyOnGpu: true }],
    ['every layer stores every token', { isRecurrent: false }],
  ])('are not needed if %s', (_, changes) => {
    expect(needLoneBatches({ ...facts, ...changes })).toBe(false);
  });
});
