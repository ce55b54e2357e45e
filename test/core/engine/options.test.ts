import { describe, expect, it } from 'vitest';
import { prefillChunkOf } from '../../../src/core/engine/options.js';

describe('the prompt tokens of a round', () => {
  it('depend on the device unless a number was given', () => {
    expect(prefillChunkOf({ prefillChunk: 'auto' }, false)).toBe(128);
    expect(prefillChunkOf({ prefillChunk: 'auto' }, true)).toBe(512);
    expect(prefillChunkOf({ prefillChunk: 64 }, true)).toBe(64);
  });
});
