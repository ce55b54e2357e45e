import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { type FairScript, fairScripts, FairStage, type KeyJob } from './fair-stage.js';

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

/** Plays actions while the shares of keys change, and calls `check` with the service that each key has had of its jobs. */
function playSharing(
  { maxConcurrency, fair, actions }: FairScript,
  changes: readonly ReadonlyMap<string, KeyTerms>[],
  check: (stage: FairStage, used: ReadonlyMap<string, number>) => void,
): FairStage {
  const stage = new FairStage(maxConcurrency, fair);
  const shares = new Map<KeyJob, number>();
  const step = (act: () => void, terms: ReadonlyMap<string, KeyTerms>): void => {
    act();
    for (const { job } of stage.starts.slice(shares.size)) shares.set(job, terms.get(job.demand.key)?.share ?? 1);
    const used = new Map<string, number>();
    for (const [{ demand, served }, share] of shares) {
      used.set(demand.key, (used.get(demand.key) ?? 0) + served / share);
    }
    check(stage, used);
  };
  let current = fair.terms;
  for (const [index, action] of actions.entries()) {
    current = changes[index % changes.length] ?? current;
    step(() => {
      stage.scheduler.configureKeys(current);
      stage.perform(action);
    }, current);
  }
  for (let count = 0; stage.running.length > 0 && count < 5000; count += 1) {
    step(() => {
      stage.perform({ do: 'round', count: 1 });
    }, current);
  }
  return stage;
}

function serviceOf({ scheduler }: FairStage, key: string): number {
  return (scheduler.keys?.services[key] ?? []).reduce((sum, each) => sum + each, 0);
}

describe('keys whose shares change while their jobs run', () => {
  const changes = fc.array(terms, { minLength: 1, maxLength: 20 });

  it('never have less service than their jobs had, so that none saves up', () => {
    fc.assert(
      fc.property(fairScripts({ keys }), changes, (script, changing) => {
        playSharing(script, changing, (stage, used) => {
          for (const [key, service] of used) expect(serviceOf(stage, key)).toBeGreaterThanOrEqual(service - 1e-6);
        });
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('have had exactly the service of their jobs when these have ended, by the shares with which they began', () => {
    fc.assert(
      fc.property(fairScripts({ keys: ['anna'], classes: ['standard'] }), changes, (script, changing) => {
        const actions = script.actions.filter((action) => action.do !== 'withdraw');
        let expected = 0;
        const stage = playSharing({ ...script, actions }, changing, (_, used) => {
          expected = used.get('anna') ?? 0;
        });
        expect(stage.running).toEqual([]);
        expect(serviceOf(stage, 'anna')).toBeCloseTo(expected, 6);
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });
});
