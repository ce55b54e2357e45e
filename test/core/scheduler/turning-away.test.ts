import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CancelTimer } from '../../../src/core/base/clock.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { NamedJobs, refusal } from './jobs.js';

let jobs: NamedJobs;

beforeEach(() => {
  jobs = new NamedJobs();
});

describe('the queue timeout', () => {
  it('turns away a job that has waited that long, with the seconds after which to try again', () => {
    jobs.admit('a', 'b', 'c');
    jobs.clock.advance(1000);
    expect(jobs.events.at(-1)).toMatchObject({
      type: 'turned_away',
      job: { name: 'c' },
      waitedMs: 1000,
      error: { code: 'queue_timeout', retryAfterSeconds: 1 },
    });
  });

  it('leaves waiting jobs alone until then', () => {
    jobs.admit('a', 'b', 'c');
    jobs.clock.advance(999);
    expect(jobs.waitingNames).toEqual(['c']);
  });

  it('counts from the admission of each job', () => {
    jobs.admit('a', 'b', 'c');
    jobs.clock.advance(600);
    jobs.admit('d');
    jobs.clock.advance(400);
    expect({ turnedAway: jobs.namesOf('turned_away'), waiting: jobs.waitingNames }).toEqual({
      turnedAway: ['c'],
      waiting: ['d'],
    });
    jobs.clock.advance(600);
    expect(jobs.namesOf('turned_away')).toEqual(['c', 'd']);
  });

  it('still applies to the second job when the first was withdrawn', () => {
    jobs.admit('a', 'b', 'c');
    jobs.clock.advance(100);
    jobs.admit('d');
    jobs.scheduler.withdraw(jobs.jobOf('c'));
    jobs.clock.advance(1000);
    expect(jobs.namesOf('turned_away')).toEqual(['d']);
  });

  it('never ends a running job', () => {
    jobs.admit('a', 'b');
    jobs.clock.advance(1_000_000);
    expect(jobs.scheduler.running).toBe(2);
  });

  it('is unlimited if it is 0', () => {
    jobs = new NamedJobs({ queueTimeoutMs: 0 });
    jobs.admit('a', 'b', 'c');
    jobs.clock.advance(1_000_000);
    expect(jobs.waitingNames).toEqual(['c']);
  });

  it('needs one timer, which is not restarted when another job becomes first', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    const schedule = vi.spyOn(jobs.clock, 'schedule');
    jobs.clock.advance(100);
    jobs.release('a');
    jobs.admit('f');
    jobs.release('b');
    jobs.release('c');
    expect(jobs.waitingNames).toEqual(['f']);
    expect(schedule).not.toHaveBeenCalled();
    jobs.clock.advance(900);
    expect(jobs.waitingNames).toEqual(['f']);
    expect(schedule.mock.calls).toEqual([[100, expect.any(Function)]]);
    jobs.clock.advance(100);
    expect(jobs.namesOf('turned_away')).toEqual(['f']);
  });

  it('does not report a move when its timer finds no late job', () => {
    jobs.admit('a', 'b', 'c');
    jobs.clock.advance(100);
    jobs.admit('d');
    jobs.scheduler.withdraw(jobs.jobOf('c'));
    jobs.events = [];
    jobs.clock.advance(950);
    expect(jobs.events).toEqual([]);
  });

  it('leaves no timer behind when no job waits', () => {
    jobs.admit('a', 'b', 'c');
    jobs.release('a');
    expect(jobs.clock.pending).toBe(0);
  });

  /** When the waiting job `b` is turned away, with a clock whose longer timers fire early. */
  function turnedAwayAfter(earlyMs: number): number[] {
    const hasty = new (class extends VirtualClock {
      override schedule(delayMs: number, callback: () => void): CancelTimer {
        return super.schedule(delayMs > 1 ? delayMs - earlyMs : delayMs, callback);
      }
    })();
    const turnedAway: number[] = [];
    jobs = new NamedJobs({ maxConcurrency: 1 }, hasty);
    jobs.scheduler.events((event) => {
      if (event.type === 'turned_away') turnedAway.push(event.waitedMs);
    });
    jobs.admit('a', 'b');
    hasty.advance(2000);
    return turnedAway;
  }

  it('is waited for again if the timer fires early', () => {
    expect(turnedAwayAfter(0.75)).toEqual([1000]);
  });

  it('needs no further timer for half a millisecond', () => {
    expect(turnedAwayAfter(0.25)).toEqual([999.75]);
  });
});

describe('draining', () => {
  /** Whether the promise has resolved by now. */
  async function isDone(promise: Promise<void>): Promise<boolean> {
    return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
  }

  it('turns away all waiting jobs, in order', () => {
    jobs.admit('a', 'b', 'c', 'd');
    void jobs.scheduler.drain();
    expect(jobs.events.slice(-2)).toMatchObject([
      { type: 'turned_away', job: { name: 'c' }, error: { code: 'draining', retryAfterSeconds: 1 } },
      { type: 'turned_away', job: { name: 'd' }, error: { code: 'draining' } },
    ]);
    const [{ error } = {}] = jobs.events.flatMap((event) => (event.type === 'turned_away' ? [event] : []));
    expect(error?.message).toContain('was waiting and was not started');
  });

  it('refuses new jobs even if a slot is free', () => {
    void jobs.scheduler.drain();
    expect(
      refusal(() => {
        jobs.admit('a');
      })?.code,
    ).toBe('draining');
  });

  it('ends at once if nothing runs', async () => {
    expect(await isDone(jobs.scheduler.drain())).toBe(true);
  });

  it('ends when the last running job has ended', async () => {
    jobs.admit('a', 'b');
    const drained = jobs.scheduler.drain();
    jobs.release('a');
    expect(await isDone(drained)).toBe(false);
    jobs.release('b');
    expect(await isDone(drained)).toBe(true);
  });

  it('can be requested twice', async () => {
    jobs.admit('a');
    const both = Promise.all([jobs.scheduler.drain(), jobs.scheduler.drain()]).then(() => undefined);
    jobs.release('a');
    expect(await isDone(both)).toBe(true);
  });

  it('starts no job when a slot becomes free while waiting jobs are being turned away', () => {
    jobs.admit('a', 'b', 'c', 'd');
    jobs.scheduler.events((event) => {
      if (event.type === 'turned_away') jobs.release('a');
    });
    void jobs.scheduler.drain();
    expect({ started: jobs.namesOf('started'), turnedAway: jobs.namesOf('turned_away') }).toEqual({
      started: ['a', 'b'],
      turnedAway: ['c', 'd'],
    });
  });

  it('has no vacancies', () => {
    void jobs.scheduler.drain();
    expect(jobs.scheduler.room.vacancies).toBe(0);
  });
});

describe('turning away waiting jobs', () => {
  it('gives them the error and leaves running jobs alone', () => {
    jobs.admit('a', 'b', 'c');
    jobs.scheduler.turnAwayWaiting(() => new ChatstreamError('engine_unavailable', 'The engine is down.'));
    expect(jobs.events.at(-1)).toMatchObject({
      type: 'turned_away',
      job: { name: 'c' },
      error: { code: 'engine_unavailable' },
    });
    expect(jobs.scheduler.running).toBe(2);
  });

  it('admits other jobs afterwards', () => {
    jobs.admit('a', 'b', 'c');
    jobs.scheduler.turnAwayWaiting(() => new ChatstreamError('engine_unavailable', 'The engine is down.'));
    jobs.admit('d');
    expect(jobs.waitingNames).toEqual(['d']);
  });
});
