import { describe, expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import type { FairOptions } from '../../../src/core/scheduler/fairness/fair-options.js';
import type { TrafficClass } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

/** The order in which requests for several models of one upstream start, of which each comes a second after the one before. */
function startsOf(
  fair: Omit<FairOptions, 'terms'> | null,
  requests: readonly (readonly [model: string, trafficClass: TrafficClass])[],
): readonly number[] {
  const clock = new VirtualClock();
  const executor = new FakeExecutor('one', 1, ['a', 'b', 'c']);
  const options = { maxConcurrency: null, maxQueue: 9, queueTimeoutMs: 0, aliases: [] };
  const relay = new Relay(
    [executor],
    { ...options, ...(fair !== null && { fair: { ...fair, terms: new Map() } }) },
    clock,
  );
  ask(relay, 'a');
  const asked = requests.map(([model, trafficClass]): Asked => {
    const each = ask(relay, model, { trafficClass });
    clock.advance(1000);
    return each;
  });
  const order: number[] = [];
  for (let [run] = executor.runs; run !== undefined; [run] = executor.runs) {
    executor.end(run);
    order.push(...asked.flatMap(({ heard }, nth) => (heard.includes('started') && !order.includes(nth) ? [nth] : [])));
  }
  return order;
}

const requests = [
  ['a', 'batch'],
  ['b', 'batch'],
  ['a', 'standard'],
  ['b', 'interactive'],
  ['c', 'standard'],
] as const;

describe('lines that share an upstream', () => {
  it('let a higher class start first, and of one class what has waited longest', () => {
    expect(startsOf({ policy: 'fair', classPatienceMs: 60_000 }, requests)).toEqual([3, 2, 4, 0, 1]);
  });

  it('let none starve: what has waited long enough competes in a higher class', () => {
    const three = [requests[0], requests[1], requests[4]];
    expect(startsOf({ policy: 'fair', classPatienceMs: 3500 }, three)).toEqual([2, 0, 1]);
    // The first two have risen, and the third has not.
    expect(startsOf({ policy: 'fair', classPatienceMs: 1500 }, three)).toEqual([0, 1, 2]);
  });

  it.each([null, { policy: 'fifo', classPatienceMs: 60_000 }, { policy: 'fair', classPatienceMs: 0 }] as const)(
    'let what has waited longest start first where classes make no difference: %j',
    (fair) => {
      const ordered = [requests[1], requests[0], requests[4], requests[3]] as const;
      expect(startsOf(fair, ordered)).toEqual([0, 1, 2, 3]);
    },
  );
});
