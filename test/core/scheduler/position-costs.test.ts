import { afterEach, expect, it, vi } from 'vitest';
import type { FairOptions } from '../../../src/core/scheduler/fair-line.js';
import { Competition } from '../../../src/core/scheduler/fairness/competition.js';
import { ServiceCharges } from '../../../src/core/scheduler/fairness/service-charges.js';
import { CountedJobs } from '../../../src/core/scheduler/positions/counted-jobs.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { KeyJob } from './fair-stage.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs one job, while ten of each key wait. */
class Crowd {
  readonly scheduler: Scheduler<KeyJob>;
  readonly running: KeyJob[] = [];
  readonly waiting: KeyJob[] = [];

  constructor(keys: number, options: Pick<FairOptions, 'policy' | 'terms'>) {
    const fair = { ...options, classPatienceMs: 60_000, preemptAfterMs: null };
    const limits = { maxConcurrency: 1, maxQueue: 100_000, queueTimeoutMs: 0 };
    this.scheduler = new Scheduler<KeyJob>({ ...limits, fair }, new VirtualClock());
    this.scheduler.events((event) => {
      if (event.type === 'started') this.running.push(event.job);
    });
    for (let job = 0; job < 10 * keys; job += 1) this.admit(`key ${job % keys}`);
  }

  admit(key: string): void {
    const demand = {
      key,
      trafficClass: 'standard',
      promptTokens: 1 + (this.waiting.length % 7),
      maxTokens: 10,
    } as const;
    const job = new KeyJob(key, demand, 10, 0);
    this.scheduler.admit(job);
    if (job.status === 'waiting') this.waiting.push(job);
  }

  askForAll(): void {
    for (const job of this.waiting) this.scheduler.view(job);
  }
}

it('a position by arrival does not look at the limits of all keys', () => {
  let looks = 0;
  const terms = {
    ...{ share: 1, maxWaiting: null },
    get maxRunning() {
      looks += 1;
      return null;
    },
  };
  const keys = 100;
  const names = Array.from({ length: keys }, (_, key) => `key ${key}`);
  const crowd = new Crowd(keys, { policy: 'fifo', terms: new Map(names.map((name) => [name, terms])) });
  crowd.admit('key 7');
  looks = 0;
  crowd.askForAll();
  expect(looks).toBeLessThan(2 * crowd.waiting.length);
});

it.each([[3], [10], [60], [200]])(
  'all positions of jobs of %i keys together take no more looks at keys than there are jobs, and no turns',
  (keys) => {
    const crowd = new Crowd(keys, { policy: 'fair', terms: new Map() });
    const looks = vi.spyOn(CountedJobs.prototype, 'countEarlier');
    const ranks = vi.spyOn(Competition.prototype, 'rankAt');
    for (let moment = 0; moment < 5; moment += 1) {
      crowd.admit('key 2');
      looks.mockClear();
      ranks.mockClear();
      crowd.askForAll();
      const { length } = crowd.waiting;
      expect(looks.mock.calls.length).toBeLessThanOrEqual(length + 2 * keys);
      // One for the class of each that asks. Taken in turns, there would be two more.
      expect(ranks.mock.calls.length).toBeLessThan(2.5 * length);
    }
  },
);

it('when all jobs are weighed anew after an answer, they are not listed anew', () => {
  const crowd = new Crowd(100, { policy: 'fair', terms: new Map() });
  crowd.askForAll();
  const [running] = crowd.running;
  if (running === undefined) throw new Error('No job runs.');
  const prices = vi.spyOn(ServiceCharges.prototype, 'priceOf');
  crowd.scheduler.countOutput(running);
  crowd.scheduler.release(running);
  crowd.admit('key 2');
  const last = crowd.waiting.at(-1);
  if (last === undefined) throw new Error('No job waits.');
  expect(crowd.scheduler.view(last)?.position).toBeGreaterThan(1);
  // Those of keys that have changed may be.
  expect(prices.mock.calls.length).toBeLessThan(50);
});
