import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { fairScripts, FairStage, KeyJob } from './fair-stage.js';
import { refusal } from './jobs.js';

/** Four places, and a line for three. */
function stage(terms: Readonly<Record<string, Partial<KeyTerms>>>) {
  const usual = { share: 1, maxRunning: null, maxWaiting: null };
  const all = new Map(Object.entries(terms).map(([name, each]) => [name, { ...usual, ...each }] as const));
  const fair = { policy: 'fair', classPatienceMs: 60_000, terms: all } as const;
  const clock = new VirtualClock();
  const scheduler = new Scheduler<KeyJob>({ maxConcurrency: 4, maxQueue: 3, queueTimeoutMs: 0, fair }, clock);
  /** The code of the refusal of each job. */
  const send = (key: string, ...places: number[]): (string | undefined)[] =>
    places.map((each) => {
      const demand = { key, trafficClass: 'standard', promptTokens: 1, maxTokens: 1 } as const;
      return refusal(() => {
        scheduler.admit(new KeyJob(key, demand, 1, 0, each));
      })?.code;
    });
  return { scheduler, send };
}

describe('a line full of jobs that their key may not start', () => {
  it('is no longer than it may be, although places are free', () => {
    const { scheduler, send } = stage({ script: { maxRunning: 2 } });
    expect(send('script', 1, 1, 1, 1, 1, 1)).toEqual([...Array<undefined>(5), 'queue_full']);
    expect([scheduler.running, scheduler.waiting]).toEqual([2, 3]);
  });

  it('keeps nobody from the free places', () => {
    const { scheduler, send } = stage({ script: { maxRunning: 2 } });
    send('script', 1, 1, 1, 1, 1);
    expect(send('anna', 1, 1, 1)).toEqual([undefined, undefined, 'queue_full']);
    expect([scheduler.running, scheduler.waiting]).toEqual([4, 3]);
  });

  it('keeps nobody from several free places', () => {
    const { scheduler, send } = stage({ script: { maxRunning: 2 } });
    send('script', 1, 1, 1, 1, 1);
    expect(send('anna', 2, 2)).toEqual([undefined, 'queue_full']);
    expect(scheduler.running).toBe(4);
  });

  it('does not make a key wait that may have none waiting', () => {
    const { scheduler, send } = stage({ script: { maxRunning: 2 }, anna: { maxWaiting: 0 } });
    send('script', 1, 1, 1);
    const claimant = { key: 'anna' };
    const check = (jobs: number): string | undefined =>
      refusal(() => {
        scheduler.room.assertKey(claimant, jobs);
      })?.code;
    expect([check(1), check(2), check(3)]).toEqual([undefined, undefined, 'rate_limited']);
  });

  it('is no longer either behind a job that needs more places than its key has left', () => {
    const { scheduler, send } = stage({ script: { maxRunning: 3 } });
    expect(send('script', 2, 2, 1, 1)).toEqual([undefined, undefined, undefined, 'queue_full']);
    expect([scheduler.running, scheduler.waiting]).toEqual([2, 3]);
  });
});

describe('a short line of keys with limits', () => {
  it('refuses no job that would start at once, and takes no more than it may', () => {
    let refused = 0;
    const shape = { keys: ['anna', 'ben', 'eva'], limited: true, resizing: false };
    const property = fc.property(fairScripts(shape), fc.nat({ max: 4 }), ({ maxConcurrency, fair, actions }, most) => {
      const stage = new FairStage(maxConcurrency, fair, most);
      const isFull = (key: string): boolean =>
        stage.running.filter(({ demand }) => demand.key === key).length >=
        (fair.terms.get(key)?.maxRunning ?? Infinity);
      for (const action of actions) {
        const startsAtOnce = action.do === 'admit' && stage.running.length < maxConcurrency && !isFull(action.key);
        const before = stage.scheduler.waiting;
        const error = refusal(() => {
          stage.perform(action);
        });
        if (error !== undefined) {
          refused += 1;
          expect([error.code, startsAtOnce, before]).toEqual(['queue_full', false, most]);
          stage.waiting = stage.waiting.filter((job) => job.status !== 'new');
        }
        expect(stage.scheduler.waiting).toBeLessThanOrEqual(most);
      }
    });
    fc.assert(property, { numRuns: 100, endOnFailure: true });
    expect(refused).toBeGreaterThan(0);
  });
});
