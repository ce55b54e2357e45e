import { describe, expect, it } from 'vitest';
import { shareOf, threadsOf } from '../../../../src/core/engine/share-of.js';
import { optionsOfReplica } from '../../../../src/core/executor/replicas/replication.js';
import { llamaOptions } from '../../../support/llama-options.js';

describe('the options of one of several engines', () => {
  it('are its share of slots, threads and memory; the first ones get what cannot be divided', () => {
    const all = llamaOptions('/a.gguf', { slots: 5, threads: 3, promptCache: 1001 });
    expect(optionsOfReplica(all, 0, 2)).toEqual({
      ...all,
      slots: 3,
      threads: 2,
      promptCache: 500,
      replica: { index: 0, count: 2 },
    });
    expect(optionsOfReplica(all, 1, 2)).toMatchObject({ slots: 2, threads: 1, promptCache: 500 });
  });

  it('leave automatic choices to the engine, which knows its number', () => {
    const all = llamaOptions('/a.gguf', { slots: 4, threads: 'auto', promptCache: 'auto' });
    expect(optionsOfReplica(all, 1, 2)).toMatchObject({ threads: 'auto', promptCache: 'auto', replica: { index: 1 } });
    expect(threadsOf({ replica: { index: 0, count: 3 } }, 8)).toBe(3);
    expect(threadsOf({ replica: { index: 2, count: 3 } }, 8)).toBe(2);
    expect(threadsOf({ replica: { index: 3, count: 4 } }, 2)).toBe(1);
    expect(threadsOf({}, 8)).toBe(8);
  });

  it('add up to all', () => {
    for (const total of [1, 4, 7]) {
      for (const count of [1, 2, 3, 8]) {
        const shares = Array.from({ length: count }, (_, index) => shareOf(total, index, count));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(2);
      }
    }
  });
});
