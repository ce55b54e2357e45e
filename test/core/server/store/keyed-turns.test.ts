import { describe, expect, it } from 'vitest';
import { KeyedTurns } from '../../../../src/core/server/store/keyed-turns.js';

describe('turns', () => {
  it('are taken one after the other for the same key, whether or not they succeed', async () => {
    const turns = new KeyedTurns();
    const log: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (name === 'b') throw new Error('b fails');
      return name;
    };
    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.take('key', work(name))));
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('of different keys do not wait for each other', async () => {
    const turns = new KeyedTurns();
    void turns.take('a', () => new Promise(() => undefined));
    expect(await turns.take('b', () => Promise.resolve('done'))).toBe('done');
  });
});
