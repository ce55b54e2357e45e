import { describe, expect, it } from 'vitest';

import { flashAttentionFor } from '../../../../src/core/engine/llama/device.js';

const shape = (...headLengths: number[]) => ({ valuesPerToken: null, headLengths, plain: true });
const auto = { flashAttention: 'auto', cacheType: 'f16' } as const;

describe('flashAttentionFor', () => {
  it('does without it on a CPU if heads are short', () => {
    expect(flashAttentionFor(shape(32, 32), auto, false)).toBe('off');
    expect(flashAttentionFor(shape(64, 32), auto, false)).toBe('off');
  });

  it('leaves it to llama.cpp with longer heads, with unknown ones, and on a GPU', () => {
    expect(flashAttentionFor(shape(64, 64), auto, false)).toBe('auto');
    expect(flashAttentionFor({ ...shape(), headLengths: null }, auto, false)).toBe('auto');
    expect(flashAttentionFor(shape(32, 32), auto, true)).toBe('auto');
  });

  it('keeps to what was asked for, and to what a quantised cache needs', () => {
    expect(flashAttentionFor(shape(32, 32), { ...auto, flashAttention: 'on' }, false)).toBe('on');
    expect(flashAttentionFor(shape(128, 128), { ...auto, flashAttention: 'off' }, false)).toBe('off');
    expect(flashAttentionFor(shape(32, 32), { ...auto, cacheType: 'q8_0' }, false)).toBe('auto');
  });
});
