import { expect, it } from 'vitest';
import { Scheduler } from '../../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { KeyJob } from '../fair-stage.js';

const patienceMs = 1000;

function batchJob(key: string): KeyJob {
  return new KeyJob(key, { key, trafficClass: 'batch', promptTokens: 10, maxTokens: 10 }, 10, 0);
}

it('positions follow a job that has waited elsewhere for longer than the one before it, and rises first', () => {
  const clock = new VirtualClock();
  const fair = { policy: 'fair', classPatienceMs: patienceMs, preemptAfterMs: null, terms: new Map() } as const;
  const scheduler = new Scheduler<KeyJob>({ maxConcurrency: 1, maxQueue: 10, queueTimeoutMs: 0, fair }, clock);
  scheduler.admit(batchJob('ben'));
  const [other, short, long] = [batchJob('eva'), batchJob('anna'), batchJob('anna')];
  scheduler.admit(other);
  scheduler.readmit(short, 0);
  scheduler.readmit(long, patienceMs / 2);
  expect(scheduler.view(long)?.position).toBe(3);
  scheduler.withdraw(short);
  expect(scheduler.view(long)?.position).toBe(2);
  clock.advance(patienceMs / 2);
  expect([...scheduler.entries()].map(({ job }) => job)).toEqual([long, other]);
  expect(scheduler.view(long)?.position).toBe(1);
  expect(scheduler.view(other)?.position).toBe(2);
});

it('positions follow a key that was charged just before the jobs of many keys were sorted', () => {
  const fair = { policy: 'fair', classPatienceMs: 60_000, preemptAfterMs: null, terms: new Map() } as const;
  const limits = { maxConcurrency: 1, maxQueue: 1000, queueTimeoutMs: 0 };
  const scheduler = new Scheduler<KeyJob>({ ...limits, fair }, new VirtualClock());
  const waiting: KeyJob[] = [];
  const admit = (key: string): KeyJob => {
    const demand = { key, trafficClass: 'standard', promptTokens: 10, maxTokens: 10 } as const;
    const job = new KeyJob(key, demand, 10, 0);
    scheduler.admit(job);
    if (job.status === 'waiting') waiting.push(job);
    return job;
  };
  const expectOrder = (): void => {
    const positions = new Map([...scheduler.entries()].map(({ job, position }) => [job, position]));
    for (const job of waiting) expect(scheduler.view(job)?.position).toBe(positions.get(job));
  };
  const running = admit('ben');
  admit('ben');
  for (let job = 0; job < 200; job += 1) admit(`key ${job % 100}`);
  // So often that it is worth while to sort them.
  expectOrder();
  admit('late');
  // A moment begins, and then all are sorted.
  expect([...scheduler.entries()]).toHaveLength(waiting.length);
  for (let token = 0; token < 30; token += 1) scheduler.countOutput(running);
  expectOrder();
  admit('later');
  expectOrder();
});
