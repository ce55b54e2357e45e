import { describe, expect, it } from 'vitest';

import { cacheBytesPerToken, checkCacheFits } from '../../../../src/core/engine/llama/memory-check.js';

const notes = 48;
const plain = { block_count: 32, embedding_length: 4096, attention: { head_count: 32, head_count_kv: 8 } };

function perToken(architectureMetadata: object): number {
  return cacheBytesPerToken({ architectureMetadata });
}

describe('cacheBytesPerToken', () => {
  it('is keys and values of every layer in f16', () => {
    // Llama 3 8B: 128 KiB.
    expect(perToken(plain) - notes).toBe(131_072);
    expect(perToken({ ...plain, attention: { head_count: 32 } }) - notes).toBe(4 * 131_072);
    const wide = { ...plain.attention, key_length: 256, value_length: 256 };
    expect(perToken({ ...plain, attention: wide }) - notes).toBe(2 * 131_072);
  });

  it('claims nothing of models that may keep less', () => {
    expect(perToken({ ...plain, attention: { ...plain.attention, sliding_window: 4096 } })).toBe(notes);
    expect(perToken({ ...plain, attention: { ...plain.attention, kv_lora_rank: 512 } })).toBe(notes);
    expect(perToken({ ...plain, ssm: { state_size: 128 } })).toBe(notes);
    expect(perToken({ ...plain, attention: { ...plain.attention, head_count_kv: [8, 0] } })).toBe(notes);
    expect(perToken({})).toBe(notes);
  });
});

describe('checkCacheFits', () => {
  it('accepts what fits', () => {
    expect(() => {
      checkCacheFits(1024, 1024, 4, 2 ** 22);
    }).not.toThrow();
  });

  it('says how much is missing', () => {
    expect(() => {
      checkCacheFits(1024, 1024, 4, 2 ** 22 - 1);
    }).toThrow(
      expect.objectContaining({
        code: 'out_of_memory',
        message: '4 slots of 1024 tokens take 4.0 MiB of memory at least; there are 4.0 MiB.',
      }),
    );
  });
});
