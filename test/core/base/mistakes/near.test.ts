import { describe, expect, it } from 'vitest';
import { near } from '../../../../src/core/base/mistakes/near.js';

const flags = ['by', 'ca', 'duet', 'gpu', 'max-concurrency', 'no-stream', 'ramp', 'rate', 'seed', 'slo', 'url'];

describe('what was probably meant', () => {
  it.each([
    ['url', 'url'],
    ['ur', 'url'],
    ['urls', 'url'],
    ['ulr', 'url'],
    ['sol', 'slo'],
    ['rtae', 'rate'],
    ['stream', 'no-stream'],
    ['max-concurency', 'max-concurrency'],
    ['max-cnocurency', 'max-concurrency'],
  ])('by %s is %s', (text, meant) => {
    expect(near(text, flags)).toBe(meant);
  });

  it.each(['max', 'key', 'foo', 'ttl', 'out', 'set', 'dry', 'temp', 'x', 'lu', 'tokens-per-second', ''])(
    'cannot be guessed from %j',
    (text) => {
      expect(near(text, flags)).toBeNull();
    },
  );

  it('is nothing if there is nothing to compare with', () => {
    expect(near('url', [])).toBeNull();
  });
});
