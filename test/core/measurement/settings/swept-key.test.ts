import { describe, expect, it } from 'vitest';
import { sweptKey } from '../../../../src/core/measurement/settings/sweep.js';

function closed(concurrency: number, maxConcurrency: number | null): Parameters<typeof sweptKey>[0][number] {
  return { concurrency, max_concurrency: maxConcurrency, rate: null };
}

describe('what a sweep runs over', () => {
  it('is what the server was set to, where it was set to several values', () => {
    expect(sweptKey([closed(8, 1), closed(8, 2)])).toBe('max_concurrency');
    expect(sweptKey([closed(4, 1), closed(8, 1), closed(4, 2), closed(8, 2)])).toBe('max_concurrency');
  });

  it('is the clients where max-concurrency cannot be set, or is always the same', () => {
    expect(sweptKey([closed(1, null), closed(2, null)])).toBe('concurrency');
    expect(sweptKey([closed(1, 4), closed(2, 4)])).toBe('concurrency');
  });

  it('cannot be the clients of an open loop, which has none', () => {
    expect(sweptKey([{ concurrency: null, max_concurrency: 2, rate: 5 }])).toBe('max_concurrency');
  });
});
