import { expect, it } from 'vitest';
import type { FairOptions } from '../../../src/core/scheduler/fair-line.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { KeyJob } from './fair-stage.js';

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
    const demand = { key, trafficClass: 'standard', promptTokens: 1 + (this.waiting.length % 7), maxTokens: 10 } as const;
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
