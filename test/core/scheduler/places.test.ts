import { describe, expect, it } from 'vitest';
import type { FairOptions } from '../../../src/core/scheduler/fairness/fair-options.js';
import type { Demand, KeyTerms } from '../../../src/core/scheduler/jobs/demand.js';
import type { TrafficClass } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler, type SchedulerOptions } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { KeyJob } from './fair-stage.js';
import { refusal } from './jobs.js';

const answerTokens = 10;

interface Wish {
  readonly key?: string;
  readonly trafficClass?: TrafficClass;
}

/** Jobs that need several places, each called by what it is: `a3` needs three. */
function stage(options: Partial<SchedulerOptions> = {}) {
  const clock = new VirtualClock();
  const usual = { maxConcurrency: 4, maxQueue: 9, queueTimeoutMs: 0 };
  const scheduler = new Scheduler<KeyJob>({ ...usual, ...options }, clock);
  const running: string[] = [];
  const jobs = new Map<string, KeyJob>();
  scheduler.events((event) => {
    if (event.type === 'started' || event.type === 'resumed') running.push(event.job.name);
    if (event.type === 'paused') running.splice(running.indexOf(event.job.name), 1);
  });
  const admit = (name: string, { key = 'anna', trafficClass = 'standard' }: Wish = {}): void => {
    const demand: Demand = { key, trafficClass, promptTokens: 10, maxTokens: answerTokens };
    const job = new KeyJob(name, demand, answerTokens, 0, Number(name.slice(1)));
    jobs.set(name, job);
    scheduler.admit(job);
  };
  const jobOf = (name: string): KeyJob => {
    const job = jobs.get(name);
    if (job === undefined) throw new Error(`There was never a ${name}.`);
    return job;
  };
  const end = (name: string): void => {
    running.splice(running.indexOf(name), 1);
    for (let token = 0; token < answerTokens; token += 1) scheduler.countOutput(jobOf(name));
    scheduler.release(jobOf(name));
  };
  const waiting = (): readonly (readonly [string, number])[] =>
    Array.from(scheduler.entries(), ({ job, position }) => [job.name, position]);
  return { clock, scheduler, running, admit, jobOf, end, waiting };
}

function fair(terms: Readonly<Record<string, Partial<KeyTerms>>> = {}, more: Partial<FairOptions> = {}): FairOptions {
  const usual = { share: 1, maxRunning: null, maxWaiting: null };
  const all = Object.entries(terms).map(([name, each]) => [name, { ...usual, ...each }] as const);
  return { policy: 'fair', classPatienceMs: 60_000, terms: new Map(all), ...more };
}

describe('a job that needs several places', () => {
  it.each([undefined, fair()])('starts when they are free, and those behind it wait (%j)', (options) => {
    const { running, admit, end, waiting } = stage(options === undefined ? {} : { fair: options });
    for (const name of ['a2', 'b1', 'c3', 'd1']) admit(name);
    expect(running).toEqual(['a2', 'b1']);
    expect(waiting()).toEqual([
      ['c3', 1],
      ['d1', 4],
    ]);
    end('b1');
    expect(running).toEqual(['a2']);
    end('a2');
    expect(running).toEqual(['c3', 'd1']);
  });

  it('counts as many places as running and as waiting', () => {
    const { scheduler, admit } = stage();
    for (const name of ['a3', 'b2', 'c1']) admit(name);
    expect([scheduler.running, scheduler.waiting]).toEqual([3, 3]);
  });

  it('is admitted if it starts at once, or if the queue has room for all of its places', () => {
    const { admit } = stage({ maxQueue: 3 });
    admit('a2');
    expect(
      refusal(() => {
        admit('b4');
      })?.code,
    ).toBe('queue_full');
    admit('c3');
    // The two that are free are kept for it.
    expect(
      refusal(() => {
        admit('d1');
      })?.message,
    ).toBe('The queue is full: 2 of 4 generations run and 3 of 3 places to wait are taken.');
  });

  it('lets those behind it start when it leaves or is turned away', () => {
    const { scheduler, clock, running, admit, jobOf } = stage({ queueTimeoutMs: 1000 });
    for (const name of ['a2', 'b3', 'c1']) admit(name);
    scheduler.withdraw(jobOf('b3'));
    expect(running).toEqual(['a2', 'c1']);
    admit('d4');
    clock.advance(500);
    admit('e1');
    clock.advance(500);
    expect(running).toEqual(['a2', 'c1', 'e1']);
  });

  it('is expected to start when the last of its places is free', () => {
    const { scheduler, clock, admit, end, jobOf } = stage({ maxConcurrency: 1 });
    admit('a1');
    clock.advance(1000);
    end('a1');
    for (const name of ['b1', 'c1', 'd1']) admit(name);
    scheduler.resize({ maxConcurrency: 3 });
    for (const name of ['e2', 'f1']) admit(name);
    // One place a second becomes free.
    expect(scheduler.view(jobOf('e2'))).toEqual({ position: 1, etaMs: 2000 });
    expect(scheduler.view(jobOf('f1'))).toEqual({ position: 3, etaMs: 3000 });
  });

  it('runs alone if there are fewer places than it needs, after a change of the limit', () => {
    const { scheduler, running, admit, end } = stage();
    for (const name of ['a1', 'b4', 'c1']) admit(name);
    scheduler.resize({ maxConcurrency: 2 });
    expect(running).toEqual(['a1']);
    end('a1');
    expect(running).toEqual(['b4']);
    end('b4');
    expect(running).toEqual(['c1']);
  });

  it('does not starve beside smaller ones of other keys that never end', () => {
    const { running, admit, end } = stage({ maxQueue: 99, fair: fair() });
    for (let count = 0; count < 4; count += 1) admit(`${'bcde'.charAt(count)}1`, { key: 'ben' });
    admit('w4', { key: 'anna' });
    let starts = 0;
    for (; !running.includes('w4') && starts < 50; starts += 1) {
      admit(`${String.fromCharCode(0x3b1 + starts)}1`, { key: 'ben' });
      end(running[0] ?? '');
    }
    expect(starts).toBe(4);
  });

  it('waits for its own key, and lets others go before it, but none of that key', () => {
    const { scheduler, running, admit, end, jobOf } = stage({
      maxConcurrency: 8,
      fair: fair({ anna: { maxRunning: 3 } }),
    });
    for (const name of ['a2', 'b2']) admit(name);
    admit('c1', { trafficClass: 'batch' });
    expect(scheduler.waitsFor(jobOf('b2'))).toBe('key');
    admit('d4', { key: 'ben' });
    expect(running).toEqual(['a2', 'd4']);
    end('a2');
    expect(running).toEqual(['d4', 'b2', 'c1']);
  });

  it('has none paused for it, and is not paused', () => {
    const { clock, running, admit } = stage({ maxConcurrency: 2, fair: fair({}, { preemptAfterMs: 100 }) });
    for (const name of ['a1', 'b1']) admit(name, { trafficClass: 'batch' });
    admit('c2', { trafficClass: 'interactive' });
    clock.advance(1000);
    expect(running).toEqual(['a1', 'b1']);
    const other = stage({ maxConcurrency: 2, fair: fair({}, { preemptAfterMs: 100 }) });
    other.admit('a2', { trafficClass: 'batch' });
    other.admit('b1', { trafficClass: 'interactive' });
    other.clock.advance(1000);
    expect(other.running).toEqual(['a2']);
  });
});
