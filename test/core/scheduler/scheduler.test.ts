import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CancelTimer } from '../../../src/core/base/clock.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import type { SchedulerEvent } from '../../../src/core/scheduler/job.js';
import { Scheduler, type SchedulerOptions } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { NamedJob } from './named-job.js';

const usual: SchedulerOptions = { maxConcurrency: 2, maxQueue: 3, queueTimeoutMs: 1000 };

let clock: VirtualClock;
let scheduler: Scheduler<NamedJob>;
let events: SchedulerEvent<NamedJob>[];
/** The last job of each name that was to be admitted. */
let jobs: Map<string, NamedJob>;

function build(options: Partial<SchedulerOptions> = {}): void {
  clock = new VirtualClock();
  scheduler = new Scheduler({ ...usual, ...options }, clock);
  events = [];
  jobs = new Map();
  scheduler.events((event) => events.push(event));
}

function admit(...names: string[]): void {
  for (const name of names) {
    const job = new NamedJob(name);
    jobs.set(name, job);
    scheduler.admit(job);
  }
}

/** The job of that name; a new one, unknown to the scheduler, if there is none. */
function jobOf(name: string): NamedJob {
  return jobs.get(name) ?? new NamedJob(name);
}

function release(name: string): void {
  scheduler.release(jobOf(name));
}

function namesOf(type: 'started' | 'turned_away'): string[] {
  return events.flatMap((event) => (event.type === type ? [event.job.name] : []));
}

function waitingNames(): string[] {
  return [...scheduler.entries()].map(({ job }) => job.name);
}

/** Calls `react` within the event that the job has started. */
function whenStarted(name: string, react: () => void): void {
  scheduler.events((event) => {
    if (event.type === 'started' && event.job.name === name) react();
  });
}

function refusal(act: () => void): ChatstreamError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof ChatstreamError) return error;
    throw error;
  }
}

beforeEach(() => {
  build();
});

describe('admitting', () => {
  it('starts a job at once while there is room', () => {
    admit('a');
    expect(events).toEqual([{ type: 'started', job: jobOf('a'), waitedMs: 0 }]);
  });

  it('lets a job wait when as many run as may', () => {
    admit('a', 'b', 'c');
    expect({ running: scheduler.running, waiting: waitingNames() }).toEqual({ running: 2, waiting: ['c'] });
  });

  it('refuses a job when all places to wait are taken', () => {
    admit('a', 'b', 'c', 'd', 'e');
    expect(
      refusal(() => {
        admit('f');
      }),
    ).toMatchObject({
      code: 'queue_full',
      message: 'The queue is full: 2 of 2 generations run and 3 of 3 places to wait are taken.',
    });
  });

  it('knows nothing of a job that it refused', () => {
    admit('a', 'b', 'c', 'd', 'e');
    refusal(() => {
      admit('f');
    });
    expect(scheduler.withdraw(jobOf('f'))).toBe('neither');
  });

  it('never lets anybody wait if max_queue is 0', () => {
    build({ maxQueue: 0 });
    admit('a', 'b');
    expect(
      refusal(() => {
        admit('c');
      }),
    ).toMatchObject({
      code: 'queue_full',
      message: 'The queue is full: 2 of 2 generations run and no request may wait.',
    });
  });

  it('admits again when there is room, also if max_queue is 0', () => {
    build({ maxQueue: 0 });
    admit('a', 'b');
    release('a');
    admit('c');
    expect(namesOf('started')).toEqual(['a', 'b', 'c']);
  });

  it.each(['a', 'c', 'gone'])('throws if the same job is admitted twice, whether it runs, waits or is gone', (name) => {
    admit('gone');
    release('gone');
    admit('a', 'b', 'c');
    expect(
      refusal(() => {
        scheduler.admit(jobOf(name));
      })?.code,
    ).toBe('internal');
  });

  it('admits a job that it refused before', () => {
    admit('a', 'b', 'c', 'd', 'e');
    refusal(() => {
      admit('f');
    });
    release('a');
    scheduler.admit(jobOf('f'));
    expect(waitingNames()).toEqual(['d', 'e', 'f']);
  });

  it('counts those as present who are about to be admitted before', () => {
    admit('a', 'b', 'c');
    expect(
      refusal(() => {
        scheduler.assertVacancy(1);
      }),
    ).toBeUndefined();
    expect(
      refusal(() => {
        scheduler.assertVacancy(2);
      })?.code,
    ).toBe('queue_full');
  });
});

describe('releasing', () => {
  it('gives the slot to the first who waits before it returns', () => {
    admit('a', 'b', 'c', 'd');
    clock.advance(40);
    release('b');
    expect(events.at(-2)).toEqual({ type: 'started', job: jobOf('c'), waitedMs: 40 });
  });

  it('tells those who still wait that they have moved up', () => {
    admit('a', 'b', 'c', 'd');
    release('b');
    expect(events.at(-1)).toEqual({ type: 'moved' });
  });

  it('ignores a job that it does not know', () => {
    admit('a');
    release('z');
    expect(scheduler.running).toBe(1);
  });

  it('ignores a job that only waits', () => {
    admit('a', 'b', 'c');
    release('c');
    expect(waitingNames()).toEqual(['c']);
  });

  it('frees one slot only if it is told twice', () => {
    admit('a', 'b', 'c', 'd');
    release('a');
    release('a');
    expect({ running: scheduler.running, waiting: waitingNames() }).toEqual({ running: 2, waiting: ['d'] });
  });
});

describe('no newcomer slips in before those who wait', () => {
  beforeEach(() => {
    build({ maxConcurrency: 1, maxQueue: 9 });
  });

  it('when it comes while the freed slot is being given away', () => {
    admit('a', 'b', 'c');
    whenStarted('b', () => {
      admit('newcomer');
      release('b');
    });
    release('a');
    expect({ started: namesOf('started'), waiting: waitingNames() }).toEqual({
      started: ['a', 'b', 'c'],
      waiting: ['newcomer'],
    });
  });

  it('when several come while room is being made by a resize', () => {
    admit('a', 'b', 'c');
    whenStarted('b', () => {
      admit('newcomer');
    });
    scheduler.resize({ maxConcurrency: 4 });
    expect(namesOf('started')).toEqual(['a', 'b', 'c', 'newcomer']);
  });

  it('when each job ends in the moment it starts', () => {
    admit('a', 'b', 'c', 'd');
    for (const id of ['b', 'c', 'd'])
      whenStarted(id, () => {
        release(id);
      });
    release('a');
    expect({ started: namesOf('started'), running: scheduler.running }).toEqual({
      started: ['a', 'b', 'c', 'd'],
      running: 0,
    });
  });

  it('and starting does not nest, however many end at once', () => {
    build({ maxConcurrency: 1, maxQueue: 20_000 });
    admit('a');
    for (let count = 0; count < 20_000; count += 1) admit(`job ${count}`);
    scheduler.events((event) => {
      if (event.type === 'started') scheduler.release(event.job);
    });
    release('a');
    expect({ running: scheduler.running, waiting: scheduler.waiting }).toEqual({ running: 0, waiting: 0 });
  });
});

describe('withdrawing', () => {
  it('takes a waiting job out of the queue at once', () => {
    admit('a', 'b', 'c', 'd');
    expect(scheduler.withdraw(jobOf('c'))).toBe('waiting');
    expect(waitingNames()).toEqual(['d']);
  });

  it('says nothing of the job, but that others may have moved up', () => {
    admit('a', 'b', 'c', 'd');
    events = [];
    scheduler.withdraw(jobOf('c'));
    expect(events).toEqual([{ type: 'moved' }]);
  });

  it('never starts a job that was withdrawn', () => {
    admit('a', 'b', 'c', 'd');
    scheduler.withdraw(jobOf('c'));
    release('a');
    release('b');
    expect(namesOf('started')).toEqual(['a', 'b', 'd']);
  });

  it('frees the slot of a running job for the first who waits', () => {
    admit('a', 'b', 'c');
    expect(scheduler.withdraw(jobOf('a'))).toBe('running');
    expect(namesOf('started')).toEqual(['a', 'b', 'c']);
  });

  it('makes room to wait', () => {
    admit('a', 'b', 'c', 'd', 'e');
    scheduler.withdraw(jobOf('d'));
    admit('f');
    expect(waitingNames()).toEqual(['c', 'e', 'f']);
  });

  it('knows when there is nothing to withdraw', () => {
    expect(scheduler.withdraw(jobOf('z'))).toBe('neither');
  });
});

describe('the queue timeout', () => {
  it('turns away who has waited that long, with the seconds after which to try again', () => {
    admit('a', 'b', 'c');
    clock.advance(1000);
    expect(events.at(-1)).toMatchObject({
      type: 'turned_away',
      job: { name: 'c' },
      waitedMs: 1000,
      error: { code: 'queue_timeout', retryAfterSeconds: 1 },
    });
  });

  it('leaves them alone until then', () => {
    admit('a', 'b', 'c');
    clock.advance(999);
    expect(waitingNames()).toEqual(['c']);
  });

  it('is counted from each one’s own coming', () => {
    admit('a', 'b', 'c');
    clock.advance(600);
    admit('d');
    clock.advance(400);
    expect({ turnedAway: namesOf('turned_away'), waiting: waitingNames() }).toEqual({
      turnedAway: ['c'],
      waiting: ['d'],
    });
    clock.advance(600);
    expect(namesOf('turned_away')).toEqual(['c', 'd']);
  });

  it('is still kept for the second when the first has been withdrawn', () => {
    admit('a', 'b', 'c');
    clock.advance(100);
    admit('d');
    scheduler.withdraw(jobOf('c'));
    clock.advance(1000);
    expect(namesOf('turned_away')).toEqual(['d']);
  });

  it('never ends a job that runs', () => {
    admit('a', 'b');
    clock.advance(1_000_000);
    expect(scheduler.running).toBe(2);
  });

  it('is unlimited if it is 0', () => {
    build({ queueTimeoutMs: 0 });
    admit('a', 'b', 'c');
    clock.advance(1_000_000);
    expect(waitingNames()).toEqual(['c']);
  });

  it('is kept by one timer, which is left alone when another becomes first', () => {
    admit('a', 'b', 'c', 'd', 'e');
    const schedule = vi.spyOn(clock, 'schedule');
    clock.advance(100);
    release('a');
    admit('f');
    release('b');
    release('c');
    expect(waitingNames()).toEqual(['f']);
    expect(schedule).not.toHaveBeenCalled();
    clock.advance(900);
    expect(waitingNames()).toEqual(['f']);
    expect(schedule.mock.calls).toEqual([[100, expect.any(Function)]]);
    clock.advance(100);
    expect(namesOf('turned_away')).toEqual(['f']);
  });

  it('tells nobody that they have moved up when its timer finds that nobody has', () => {
    admit('a', 'b', 'c');
    clock.advance(100);
    admit('d');
    scheduler.withdraw(jobOf('c'));
    events = [];
    clock.advance(950);
    expect(events).toEqual([]);
  });

  it('leaves no timer behind when nobody waits any more', () => {
    admit('a', 'b', 'c');
    release('a');
    expect(clock.pending).toBe(0);
  });

  /** When `b`, who waits, is turned away by a clock whose longer timers fire early. */
  function turnedAwayAfter(earlyMs: number): number[] {
    const hasty = new (class extends VirtualClock {
      override schedule(delayMs: number, callback: () => void): CancelTimer {
        return super.schedule(delayMs > 1 ? delayMs - earlyMs : delayMs, callback);
      }
    })();
    const turnedAway: number[] = [];
    scheduler = new Scheduler({ ...usual, maxConcurrency: 1 }, hasty);
    scheduler.events((event) => {
      if (event.type === 'turned_away') turnedAway.push(event.waitedMs);
    });
    admit('a', 'b');
    hasty.advance(2000);
    return turnedAway;
  }

  it('is waited for if the timer fires early', () => {
    expect(turnedAwayAfter(0.75)).toEqual([1000]);
  });

  it('is not worth another timer for half a millisecond', () => {
    expect(turnedAwayAfter(0.25)).toEqual([999.75]);
  });
});

describe('resizing', () => {
  it('up starts waiting jobs before it returns', () => {
    admit('a', 'b', 'c', 'd', 'e');
    scheduler.resize({ maxConcurrency: 4 });
    expect({ started: namesOf('started'), waiting: waitingNames() }).toEqual({
      started: ['a', 'b', 'c', 'd'],
      waiting: ['e'],
    });
  });

  it('down interrupts nobody', () => {
    admit('a', 'b', 'c');
    scheduler.resize({ maxConcurrency: 1 });
    expect({ running: scheduler.running, waiting: waitingNames() }).toEqual({ running: 2, waiting: ['c'] });
  });

  it('down starts nobody until fewer run than may', () => {
    admit('a', 'b', 'c');
    scheduler.resize({ maxConcurrency: 1 });
    release('a');
    expect(waitingNames()).toEqual(['c']);
    release('b');
    expect(namesOf('started')).toEqual(['a', 'b', 'c']);
  });

  it('of the queue sends nobody away who waits already', () => {
    admit('a', 'b', 'c', 'd', 'e');
    scheduler.resize({ maxQueue: 1 });
    expect(waitingNames()).toEqual(['c', 'd', 'e']);
  });

  it('of the queue refuses newcomers until fewer wait than may', () => {
    admit('a', 'b', 'c', 'd');
    scheduler.resize({ maxQueue: 1 });
    release('a');
    expect(
      refusal(() => {
        admit('x');
      })?.code,
    ).toBe('queue_full');
    release('b');
    admit('y');
    expect(waitingNames()).toEqual(['y']);
  });

  it('changes what it is told to and leaves the rest', () => {
    scheduler.resize({ maxQueue: 9 });
    expect(scheduler.limits).toEqual({ maxConcurrency: 2, maxQueue: 9 });
  });
});

describe('draining', () => {
  /** Whether the promise has resolved by now. */
  async function isDone(promise: Promise<void>): Promise<boolean> {
    return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
  }

  it('turns away all who wait, in order', () => {
    admit('a', 'b', 'c', 'd');
    void scheduler.drain();
    expect(events.slice(-2)).toMatchObject([
      { type: 'turned_away', job: { name: 'c' }, error: { code: 'draining', retryAfterSeconds: 1 } },
      { type: 'turned_away', job: { name: 'd' }, error: { code: 'draining' } },
    ]);
  });

  it('refuses newcomers, also when there is room', () => {
    void scheduler.drain();
    expect(
      refusal(() => {
        admit('a');
      })?.code,
    ).toBe('draining');
  });

  it('ends at once if nothing runs', async () => {
    expect(await isDone(scheduler.drain())).toBe(true);
  });

  it('ends when the last running job has', async () => {
    admit('a', 'b');
    const drained = scheduler.drain();
    release('a');
    expect(await isDone(drained)).toBe(false);
    release('b');
    expect(await isDone(drained)).toBe(true);
  });

  it('can be asked for twice', async () => {
    admit('a');
    const both = Promise.all([scheduler.drain(), scheduler.drain()]).then(() => undefined);
    release('a');
    expect(await isDone(both)).toBe(true);
  });

  it('starts nobody when a slot becomes free while the waiting are being turned away', () => {
    admit('a', 'b', 'c', 'd');
    scheduler.events((event) => {
      if (event.type === 'turned_away') release('a');
    });
    void scheduler.drain();
    expect({ started: namesOf('started'), turnedAway: namesOf('turned_away') }).toEqual({
      started: ['a', 'b'],
      turnedAway: ['c', 'd'],
    });
  });

  it('has no vacancies', () => {
    void scheduler.drain();
    expect(scheduler.vacancies).toBe(0);
  });
});

describe('turning away those who wait', () => {
  it('gives them the error and leaves the running alone', () => {
    admit('a', 'b', 'c');
    scheduler.turnAwayWaiting(() => new ChatstreamError('engine_unavailable', 'The engine is down.'));
    expect(events.at(-1)).toMatchObject({
      type: 'turned_away',
      job: { name: 'c' },
      error: { code: 'engine_unavailable' },
    });
    expect(scheduler.running).toBe(2);
  });

  it('lets others come afterwards', () => {
    admit('a', 'b', 'c');
    scheduler.turnAwayWaiting(() => new ChatstreamError('engine_unavailable', 'The engine is down.'));
    admit('d');
    expect(waitingNames()).toEqual(['d']);
  });
});

describe('what a waiting job can know', () => {
  it('is its position, but no estimate before the first release', () => {
    admit('a', 'b', 'c', 'd');
    expect([scheduler.view(jobOf('c')), scheduler.view(jobOf('d'))]).toEqual([
      { position: 1, etaMs: null },
      { position: 2, etaMs: null },
    ]);
  });

  it('is, after a release, when it will start at that pace', () => {
    admit('a', 'b', 'c', 'd', 'e');
    clock.advance(200);
    release('a');
    expect([scheduler.view(jobOf('d'))?.etaMs, scheduler.view(jobOf('e'))?.etaMs]).toEqual([200, 400]);
  });

  it('is nothing once it runs or has left, and for a job that never came', () => {
    admit('a', 'b', 'c');
    scheduler.withdraw(jobOf('c'));
    expect(['a', 'c', 'z'].map((name) => scheduler.view(jobOf(name)))).toEqual([undefined, undefined, undefined]);
  });
});

describe('the list of those who wait', () => {
  it('tells of each in order what it could know and how long it has waited', () => {
    admit('a', 'b', 'c');
    clock.advance(70);
    admit('d');
    release('a');
    admit('e');
    clock.advance(10);
    expect([...scheduler.entries()]).toEqual([
      { job: jobOf('d'), position: 1, waitedMs: 10, etaMs: 80 },
      { job: jobOf('e'), position: 2, waitedMs: 10, etaMs: 160 },
    ]);
  });
});

describe('the seconds after which to try again', () => {
  beforeEach(() => {
    build({ maxQueue: 200, queueTimeoutMs: 0 });
  });

  it('are (waiting + 1) / (releases per second)', () => {
    admit('a', 'b', 'c', 'd', 'e');
    clock.advance(2000);
    release('a');
    // 2 wait, one release in 2 s.
    expect(scheduler.retryAfterSeconds()).toBe(6);
  });

  it('are rounded up', () => {
    admit('a', 'b', 'c', 'd', 'e');
    clock.advance(2001);
    release('a');
    expect(scheduler.retryAfterSeconds()).toBe(7);
  });

  it('are at least 1', () => {
    expect(scheduler.retryAfterSeconds()).toBe(1);
  });

  it('are at most 60', () => {
    admit('a');
    clock.advance(3_600_000);
    expect(scheduler.retryAfterSeconds()).toBe(60);
  });

  it('are in the refusal', () => {
    build({ maxQueue: 0 });
    admit('a', 'b');
    clock.advance(3000);
    release('a');
    admit('c');
    expect(
      refusal(() => {
        admit('d');
      }),
    ).toMatchObject({ hint: 'Try again in 3 s.', retryAfterSeconds: 3 });
  });
});
