import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyTerms } from '../../../src/core/scheduler/demand.js';
import { fairScripts, FairStage } from './fair-stage.js';

const keys = ['anna', 'ben', 'eva'] as const;

const limit = fc.option(fc.integer({ min: 1, max: 3 }));
const terms: fc.Arbitrary<ReadonlyMap<string, KeyTerms>> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...keys),
      fc.record({ share: fc.double({ min: 0.1, max: 10, noNaN: true }), maxRunning: limit, maxWaiting: limit }),
    ),
    { maxLength: 3 },
  )
  .map((entries) => new Map(entries));

describe('keys that are changed again and again while jobs wait and run', () => {
  it('lose no job, start none twice, and never start one beyond a new limit', () => {
    fc.assert(
      fc.property(
        fairScripts({ keys, limited: true }),
        fc.array(terms, { minLength: 1, maxLength: 20 }),
        ({ maxConcurrency, fair, actions }, changes) => {
          const stage = new FairStage(maxConcurrency, fair);
          let current = fair.terms;
          for (const [index, action] of actions.entries()) {
            current = changes[index % changes.length] ?? current;
            stage.scheduler.configureKeys(current);
            const before = stage.starts.length;
            stage.perform(action);
            for (const { job } of stage.starts.slice(before)) {
              const most = current.get(job.demand.key)?.maxRunning ?? Infinity;
              const peers = stage.running.filter(({ demand }) => demand.key === job.demand.key);
              if (peers.includes(job)) expect(peers.length).toBeLessThanOrEqual(most);
            }
          }
          stage.scheduler.configureKeys(new Map());
          stage.perform({ do: 'resize', maxConcurrency: 100_000 });
          for (let count = 0; stage.running.length > 0 && count < 1000; count += 1)
            stage.perform({ do: 'round', count: 1 });
          const fates = [...stage.ended, ...stage.withdrawn];
          expect(fates).toHaveLength(stage.admitted.length);
          expect(new Set(fates).size).toBe(stage.admitted.length);
          expect(stage.scheduler.queuedTokens).toBe(0);
        },
      ),
      { numRuns: 50, endOnFailure: true },
    );
  });
});
