import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import { type TrafficClass, trafficClasses } from '../../../../src/core/scheduler/jobs/traffic-class.js';
import type { Client } from '../client.js';
import { House } from '../house.js';

const keys = ['anna', 'ben', 'eva'] as const;
const maxConcurrency = 4;

type Action =
  | { readonly do: 'come'; readonly key: string; readonly trafficClass: TrafficClass; readonly maxTokens: number }
  | { readonly do: 'leave'; readonly pick: number }
  | { readonly do: 'reload'; readonly terms: ReadonlyMap<string, KeyTerms>; readonly ofInteractive: number }
  | { readonly do: 'die'; readonly isResumed: boolean; readonly ms: number }
  | { readonly do: 'pass'; readonly ms: number };

const limit = fc.option(fc.integer({ min: 1, max: 3 }));
/** With the place of a class, at most three are held back, so that one remains. */
const terms: fc.Arbitrary<ReadonlyMap<string, KeyTerms>> = fc
  .record({
    anna: fc.record({ share: fc.constantFrom(0.5, 1, 3), maxRunning: fc.constant(null), maxWaiting: limit }),
    reserve: fc.integer({ min: 0, max: 2 }),
    ben: fc.record({ share: fc.constantFrom(0.5, 1, 3), maxRunning: limit, maxWaiting: limit }),
  })
  .map(
    ({ anna, reserve, ben }) =>
      new Map<string, KeyTerms>([
        ['anna', { ...anna, reserve }],
        ['ben', ben],
      ]),
  );

const preemption = fc.constantFrom(null, 0, 20);
const ms = fc.nat({ max: 40 });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('come'),
      key: fc.constantFrom(...keys),
      trafficClass: fc.constantFrom(...trafficClasses),
      maxTokens: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave'), pick: fc.nat({ max: 50 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reload'), terms, ofInteractive: fc.integer({ min: 0, max: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die'), isResumed: fc.boolean(), ms }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass'), ms }) },
);

async function perform(house: House, clients: Client[], action: Action): Promise<void> {
  switch (action.do) {
    case 'come': {
      const { key, trafficClass, maxTokens } = action;
      clients.push(house.submit(`request ${clients.length}`, { key, trafficClass, maxTokens }));
      return;
    }
    case 'leave':
      clients[action.pick % Math.max(1, clients.length)]?.leave();
      return;
    case 'reload':
      house.inference.configureKeys(action.terms, new Map([['interactive', action.ofInteractive]]));
      return;
    case 'die':
      if (action.isResumed) house.engine.beginRestart();
      else house.engine.breakDown();
      await house.pass(action.ms);
      house.engine.recover();
      return;
    case 'pass':
      await house.pass(action.ms);
  }
}

/** Requests that have not begun. */
function waitingOf({ inference }: House, key: string): number {
  return inference.snapshot().waiting.filter((each) => each.key === key && each.outputTokens === undefined).length;
}

describe('keys whose settings change while generations pause, the engine dies and clients leave', () => {
  it('lose no request, end none twice, exceed nothing, and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        terms,
        preemption,
        fc.array(action, { maxLength: 60, size: 'max' }),
        async (first, after, actions) => {
          const fair = { policy: 'fair', classPatienceMs: 60, preemptAfterMs: after, terms: first } as const;
          const house = await House.open({ maxConcurrency, maxQueue: 6, queueTimeoutMs: 0, fair });
          const clients: Client[] = [];
          let limits = first;
          for (const each of actions) {
            const before = keys.map((key) => waitingOf(house, key));
            await perform(house, clients, each);
            if (each.do === 'reload') limits = each.terms;
            expect(house.inference.running).toBeLessThanOrEqual(maxConcurrency);
            expect(house.inference.waiting).toBeLessThanOrEqual(6);
            for (const [index, key] of keys.entries()) {
              // A limit that was lowered turns nobody away who waits already.
              const most = Math.max(limits.get(key)?.maxWaiting ?? Infinity, before[index] ?? 0);
              expect(waitingOf(house, key)).toBeLessThanOrEqual(most);
            }
          }
          await house.pass(10_000);
          for (const client of clients) expect(house.outcomesOf(client.id)).toHaveLength(1);
          expect(house.settled).toHaveLength(clients.length);
          for (const { end, answer, request } of clients) {
            if (end?.what === 'ended') expect(answer.split(' ')).toHaveLength(request.maxTokens);
          }
          const { running, waiting } = house.inference;
          expect({ running, waiting, live: house.engine.live.size }).toEqual({ running: 0, waiting: 0, live: 0 });
          // Whatever was held back and used before, all places are there again.
          house.inference.configureKeys(new Map());
          for (const index of [1, 2, 3, 4]) house.submit(`last ${index}`);
          await house.pass(0);
          expect(house.inference.running).toBe(maxConcurrency);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
