import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LimitChange, LimitWatch } from '../../../../src/core/bench/target/limit-watch.js';

/** What is noticed of these limits of a server with 8 slots; null where it says none. */
function changeIn(expected: number | null, ...limits: readonly (number | null)[]): LimitChange | null {
  const watch = new LimitWatch(expected);
  for (const maxConcurrency of limits) watch.see(maxConcurrency === null ? null : { maxConcurrency, slots: 8 });
  return watch.change;
}

describe('a max-concurrency that is watched', () => {
  it('was changed if it is another one later', () => {
    expect(changeIn(4, 4, 4, 2, 2)).toEqual({ from: 4, to: 2 });
    expect(changeIn(null, 4, null, 8)).toEqual({ from: 4, to: 8 });
    expect(changeIn(4, 4, 2, 1)).toEqual({ from: 4, to: 1 });
  });

  it('was not if the server has not heard of what was set before', () => {
    expect(changeIn(4, 2, null, 2, 4, 4)).toBeNull();
  });

  it('was not if it follows slots that come and go', () => {
    const watch = new LimitWatch(4);
    watch.see({ maxConcurrency: 4, slots: 4 });
    watch.see({ maxConcurrency: 2, slots: 2 });
    watch.see({ maxConcurrency: 4, slots: 4 });
    expect(watch.change).toBeNull();
  });

  it('never was if it is one and the same, however often the server says nothing', () => {
    const limit = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(limit, fc.array(fc.boolean()), fc.boolean(), (one, says, isSet) => {
        expect(changeIn(isSet ? one : null, ...says.map((each) => (each ? one : null)))).toBeNull();
      }),
    );
  });
});
