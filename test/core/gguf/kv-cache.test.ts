import { describe, expect, it } from 'vitest';
import type { GgufValue } from '../../../src/core/gguf/header.js';
import { cacheBytes, type CacheShape, cacheShape, cacheTypes } from '../../../src/core/gguf/kv-cache.js';

const llama3 = { block_count: 32, embedding_length: 4096, 'attention.head_count': 32, 'attention.head_count_kv': 8 };

function shapeOf(fields: Readonly<Record<string, GgufValue>>): CacheShape {
  return cacheShape('llama', new Map(Object.entries(fields).map(([name, value]) => [`llama.${name}`, value])));
}

/** Without the 48 bytes that llama.cpp stores about each token. */
function bytesPerToken(fields: Readonly<Record<string, GgufValue>>): number {
  return cacheBytes(shapeOf(fields), 'f16', 256, 1).most / 256 - 48;
}

describe('what the cache stores for a token', () => {
  it('is the keys and values of every layer', () => {
    // Llama 3 8B: 128 KiB in f16.
    expect(bytesPerToken(llama3)).toBe(131_072);
    expect(bytesPerToken({ block_count: 32, embedding_length: 4096, 'attention.head_count': 32 })).toBe(4 * 131_072);
    const wide = { 'attention.key_length': 256, 'attention.value_length': 128 };
    expect(bytesPerToken({ ...llama3, ...wide })).toBe(1.5 * 131_072);
  });

  it('may differ from layer to layer', () => {
    expect(bytesPerToken({ ...llama3, block_count: 4, 'attention.head_count_kv': [8, 0, 8, 0] })).toBe(2 * 8 * 256 * 2);
  });

  it.each(['attention.sliding_window', 'attention.kv_lora_rank', 'ssm.state_size', 'attention.shared_kv_layers'])(
    'is at most that in a model with %s',
    (field) => {
      const { least, most } = cacheBytes(shapeOf({ ...llama3, [field]: 512 }), 'f16', 256, 1);
      expect([least, most]).toEqual([48 * 256, (131_072 + 48) * 256]);
    },
  );

  it("is only llama.cpp's own 48 bytes if the file does not say", () => {
    expect(cacheBytes(shapeOf({}), 'f16', 256, 1)).toEqual({ least: 48 * 256, most: 48 * 256 });
  });
});

describe('the cache of all slots', () => {
  it('is the same for each, with the context rounded up to 256', () => {
    const shape = shapeOf(llama3);
    const one = cacheBytes(shape, 'f16', 512, 1).most;
    expect(cacheBytes(shape, 'f16', 512, 3).most).toBe(3 * one);
    expect(cacheBytes(shape, 'f16', 257, 1).most).toBe(one);
  });

  it.each([
    ['f32', 2],
    ['bf16', 1],
    ['q8_0', 17 / 32],
    ['q5_1', 12 / 32],
    ['q5_0', 11 / 32],
    ['q4_1', 10 / 32],
    ['q4_0', 9 / 32],
    ['iq4_nl', 9 / 32],
  ] as const)('in %s takes %d of what f16 takes', (type, share) => {
    expect(cacheTypes).toContain(type);
    const values = (of: typeof type | 'f16'): number => cacheBytes(shapeOf(llama3), of, 256, 1).most - 48 * 256;
    expect(values(type) / values('f16')).toBe(share);
  });
});
