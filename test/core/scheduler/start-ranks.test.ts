import { expect, it } from 'vitest';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { KeyJob } from './fair-stage.js';

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
