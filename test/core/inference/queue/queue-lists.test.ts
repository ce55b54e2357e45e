import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listed, sharedRoom } from '../../../../src/core/inference/queue/queue-lists.js';
import { type Demand, unknownDemand } from '../../../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../../../src/core/scheduler/jobs/job.js';

class KeyJob extends Job {
  constructor(
    readonly key: string,
    readonly payer?: string,
  ) {
    super();
  }

  override get demand(): Demand {
    const { key, payer } = this;
    return { ...unknownDemand, key, ...(payer !== undefined && { payer }) };
  }
}

function list(most: number, payer: string | null, jobs: Iterable<KeyJob>): KeyJob[] {
  return [...listed({ most, payer }, jobs, (job) => job)];
}

describe('the requests of a queue that are listed', () => {
  const anna = new KeyJob('anna');
  const ben = new KeyJob('ben');
  const address = new KeyJob('anonymous', 'anonymous/192.0.2.7');

  it('are the first ones', () => {
    expect(list(2, null, [anna, ben, address])).toEqual([anna, ben]);
  });

  it('are the first ones of a key, or of an address without a key', () => {
    expect(list(1, 'ben', [anna, ben, new KeyJob('ben')])).toEqual([ben]);
    expect(list(5, 'anonymous/192.0.2.7', [anna, address])).toEqual([address]);
    expect(list(5, 'anonymous', [address])).toEqual([]);
  });

  it.each([0, 1])('do not cost more than %i looks at a long queue', (most) => {
    let looks = 0;
    const long = function* (): Generator<KeyJob> {
      for (;;) {
        looks += 1;
        yield anna;
      }
    };
    expect(list(most, null, long())).toHaveLength(most);
    expect(looks).toBe(most);
  });
});

describe('the room that several lines share', () => {
  it('is full if there are entries for it, and no line gets more than it has', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(60), (lengths, most) => {
        const shares = sharedRoom(lengths, most);
        const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
        expect(sum(shares)).toBe(Math.min(most, sum(lengths)));
        lengths.forEach((length, line) => {
          expect(shares[line]).toBeLessThanOrEqual(length);
        });
      }),
    );
  });

  it('is shared equally among those that need more', () => {
    expect(sharedRoom([100, 1, 100], 9)).toEqual([4, 1, 4]);
  });
});
