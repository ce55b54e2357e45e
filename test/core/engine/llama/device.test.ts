import { describe, expect, it } from 'vitest';
import { flashAttentionFor } from '../../../../src/core/engine/llama/device.js';

const shape = (...headLengths: number[]) => ({ valuesPerToken: null, headLengths, plain: true });
const auto = { flashAttention: 'auto', cacheType: 'f16' } as const;

describe('flashAttentionFor', () => {
  it('is off on a CPU if heads are short', () => {
    expect(flashAttentionFor(shape(32, 32), auto, false)).toBe('off');
    expect(flashAttentionFor(shape(64, 32), auto, false)).toBe('off');
  });

  it('is up to llama.cpp with long or unknown heads, and on a GPU', () => {
    expect(flashAttentionFor(shape(64, 64), auto, false)).toBe('auto');
    expect(flashAttentionFor({ ...shape(), headLengths: null }, auto, false)).toBe('auto');
    expect(flashAttentionFor(shape(32, 32), auto, true)).toBe('auto');
  });

  it('respects what was requested, and what a quantised cache needs', () => {
    expect(flashAttentionFor(shape(32, 32), { ...auto, flashAttention: 'on' }, false)).toBe('on');
    expect(flashAttentionFor(shape(128, 128), { ...auto, flashAttention: 'off' }, false)).toBe('off');
    expect(flashAttentionFor(shape(32, 32), { ...auto, cacheType: 'q8_0' }, false)).toBe('auto');
  });
});
