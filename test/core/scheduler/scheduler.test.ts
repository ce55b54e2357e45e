import { beforeEach, describe, expect, it } from 'vitest';
import { NamedJobs, refusal } from './jobs.js';

let jobs: NamedJobs;

beforeEach(() => {
  jobs = new NamedJobs();
});

describe('admitting', () => {
  it('starts a job at once while there is room', () => {
    jobs.admit('a');
    expect(jobs.events).toEqual([{ type: 'started', job: jobs.jobOf('a'), waitedMs: 0 }]);
  });

  it('lets a job wait when all slots are taken', () => {
    jobs.admit('a', 'b', 'c');
    expect({ running: jobs.scheduler.running, waiting: jobs.waitingNames }).toEqual({ running: 2, waiting: ['c'] });
  });

  it('refuses a job when all places to wait are taken', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    expect(
      refusal(() => {
        jobs.admit('f');
      }),
    ).toMatchObject({
      code: 'queue_full',
      message: 'The queue is full: 2 of 2 generations run and 3 of 3 places to wait are taken.',
    });
  });

  it('does not keep a job that it refused', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    refusal(() => {
      jobs.admit('f');
    });
    expect(jobs.scheduler.withdraw(jobs.jobOf('f'))).toBe('neither');
  });

  it('lets no job wait if max_queue is 0', () => {
    jobs = new NamedJobs({ maxQueue: 0 });
    jobs.admit('a', 'b');
    expect(
      refusal(() => {
        jobs.admit('c');
      }),
    ).toMatchObject({
      code: 'queue_full',
      message: 'The queue is full: 2 of 2 generations run and no request may wait.',
    });
  });

  it('admits again when a slot is free, even if max_queue is 0', () => {
    jobs = new NamedJobs({ maxQueue: 0 });
    jobs.admit('a', 'b');
    jobs.release('a');
    jobs.admit('c');
    expect(jobs.namesOf('started')).toEqual(['a', 'b', 'c']);
  });

  it.each(['a', 'c', 'gone'])('throws if the same job is admitted twice, whether it runs, waits or is gone', (name) => {
    jobs.admit('gone');
    jobs.release('gone');
    jobs.admit('a', 'b', 'c');
    expect(
      refusal(() => {
        jobs.scheduler.admit(jobs.jobOf(name));
      })?.code,
    ).toBe('internal');
  });

  it('admits a job that it refused before', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    refusal(() => {
      jobs.admit('f');
    });
    jobs.release('a');
    jobs.scheduler.admit(jobs.jobOf('f'));
    expect(jobs.waitingNames).toEqual(['d', 'e', 'f']);
  });

  it('counts jobs that are about to be admitted first', () => {
    jobs.admit('a', 'b', 'c');
    const check = (pending: number): string | undefined =>
      refusal(() => {
        jobs.scheduler.room.assertVacancyFor({ key: 'anna' }, 1, {
          total: pending,
          byPayer: new Map([['ben', pending]]),
        });
      })?.code;
    expect([check(1), check(2)]).toEqual([undefined, 'queue_full']);
  });
});

describe('releasing', () => {
  it('gives the slot to the first waiting job before it returns', () => {
    jobs.admit('a', 'b', 'c', 'd');
    jobs.clock.advance(40);
    jobs.release('b');
    expect(jobs.events.at(-2)).toEqual({ type: 'started', job: jobs.jobOf('c'), waitedMs: 40 });
  });

  it('reports that the remaining waiting jobs have moved up', () => {
    jobs.admit('a', 'b', 'c', 'd');
    jobs.release('b');
    expect(jobs.events.at(-1)).toEqual({ type: 'moved' });
  });

  it('ignores an unknown job', () => {
    jobs.admit('a');
    jobs.release('z');
    expect(jobs.scheduler.running).toBe(1);
  });

  it('ignores a job that only waits', () => {
    jobs.admit('a', 'b', 'c');
    jobs.release('c');
    expect(jobs.waitingNames).toEqual(['c']);
  });

  it('frees only one slot if it is called twice', () => {
    jobs.admit('a', 'b', 'c', 'd');
    jobs.release('a');
    jobs.release('a');
    expect({ running: jobs.scheduler.running, waiting: jobs.waitingNames }).toEqual({ running: 2, waiting: ['d'] });
  });
});

describe('no new job overtakes a waiting one', () => {
  beforeEach(() => {
    jobs = new NamedJobs({ maxConcurrency: 1, maxQueue: 9 });
  });

  it('when it arrives while the freed slot is being handed over', () => {
    jobs.admit('a', 'b', 'c');
    jobs.whenStarted('b', () => {
      jobs.admit('newcomer');
      jobs.release('b');
    });
    jobs.release('a');
    expect({ started: jobs.namesOf('started'), waiting: jobs.waitingNames }).toEqual({
      started: ['a', 'b', 'c'],
      waiting: ['newcomer'],
    });
  });

  it('when several arrive while a resize makes room', () => {
    jobs.admit('a', 'b', 'c');
    jobs.whenStarted('b', () => {
      jobs.admit('newcomer');
    });
    jobs.scheduler.resize({ maxConcurrency: 4 });
    expect(jobs.namesOf('started')).toEqual(['a', 'b', 'c', 'newcomer']);
  });

  it('when each job ends at the moment it starts', () => {
    jobs.admit('a', 'b', 'c', 'd');
    for (const id of ['b', 'c', 'd'])
      jobs.whenStarted(id, () => {
        jobs.release(id);
      });
    jobs.release('a');
    expect({ started: jobs.namesOf('started'), running: jobs.scheduler.running }).toEqual({
      started: ['a', 'b', 'c', 'd'],
      running: 0,
    });
  });

  it('and starting does not nest, however many jobs end at once', () => {
    jobs = new NamedJobs({ maxConcurrency: 1, maxQueue: 20_000 });
    jobs.admit('a');
    for (let count = 0; count < 20_000; count += 1) jobs.admit(`job ${count}`);
    jobs.scheduler.events((event) => {
      if (event.type === 'started') jobs.scheduler.release(event.job);
    });
    jobs.release('a');
    expect({ running: jobs.scheduler.running, waiting: jobs.scheduler.waiting }).toEqual({ running: 0, waiting: 0 });
  });
});

describe('withdrawing', () => {
  it('removes a waiting job from the queue at once', () => {
    jobs.admit('a', 'b', 'c', 'd');
    expect(jobs.scheduler.withdraw(jobs.jobOf('c'))).toBe('waiting');
    expect(jobs.waitingNames).toEqual(['d']);
  });

  it('reports only that other jobs may have moved up', () => {
    jobs.admit('a', 'b', 'c', 'd');
    jobs.events = [];
    jobs.scheduler.withdraw(jobs.jobOf('c'));
    expect(jobs.events).toEqual([{ type: 'moved' }]);
  });

  it('never starts a job that was withdrawn', () => {
    jobs.admit('a', 'b', 'c', 'd');
    jobs.scheduler.withdraw(jobs.jobOf('c'));
    jobs.release('a');
    jobs.release('b');
    expect(jobs.namesOf('started')).toEqual(['a', 'b', 'd']);
  });

  it('frees the slot of a running job for the first waiting one', () => {
    jobs.admit('a', 'b', 'c');
    expect(jobs.scheduler.withdraw(jobs.jobOf('a'))).toBe('running');
    expect(jobs.namesOf('started')).toEqual(['a', 'b', 'c']);
  });

  it('frees a place to wait', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    jobs.scheduler.withdraw(jobs.jobOf('d'));
    jobs.admit('f');
    expect(jobs.waitingNames).toEqual(['c', 'e', 'f']);
  });

  it('reports when there is nothing to withdraw', () => {
    expect(jobs.scheduler.withdraw(jobs.jobOf('z'))).toBe('neither');
  });
});

describe('resizing', () => {
  it('up starts waiting jobs before it returns', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    jobs.scheduler.resize({ maxConcurrency: 4 });
    expect({ started: jobs.namesOf('started'), waiting: jobs.waitingNames }).toEqual({
      started: ['a', 'b', 'c', 'd'],
      waiting: ['e'],
    });
  });

  it('down interrupts no running job', () => {
    jobs.admit('a', 'b', 'c');
    jobs.scheduler.resize({ maxConcurrency: 1 });
    expect({ running: jobs.scheduler.running, waiting: jobs.waitingNames }).toEqual({ running: 2, waiting: ['c'] });
  });

  it('down starts no job until fewer run than the new limit', () => {
    jobs.admit('a', 'b', 'c');
    jobs.scheduler.resize({ maxConcurrency: 1 });
    jobs.release('a');
    expect(jobs.waitingNames).toEqual(['c']);
    jobs.release('b');
    expect(jobs.namesOf('started')).toEqual(['a', 'b', 'c']);
  });

  it('of the queue removes no waiting job', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    jobs.scheduler.resize({ maxQueue: 1 });
    expect(jobs.waitingNames).toEqual(['c', 'd', 'e']);
  });

  it('of the queue refuses new jobs until fewer wait than the new limit', () => {
    jobs.admit('a', 'b', 'c', 'd');
    jobs.scheduler.resize({ maxQueue: 1 });
    jobs.release('a');
    expect(
      refusal(() => {
        jobs.admit('x');
      })?.code,
    ).toBe('queue_full');
    jobs.release('b');
    jobs.admit('y');
    expect(jobs.waitingNames).toEqual(['y']);
  });

  it('changes the given limit and keeps the other', () => {
    jobs.scheduler.resize({ maxQueue: 9 });
    expect(jobs.scheduler.limits).toEqual({ maxConcurrency: 2, maxQueue: 9 });
  });
});

describe('holding', () => {
  it('lets nothing start, and keeps the order of what waits', () => {
    const jobs = new NamedJobs({ maxConcurrency: 2, maxQueue: 3 });
    jobs.admit('a');
    jobs.scheduler.hold(true);
    jobs.admit('b', 'c');
    jobs.release('a');
    expect(jobs.namesOf('started')).toEqual(['a']);
    expect(jobs.waitingNames).toEqual(['b', 'c']);
    expect(jobs.scheduler.oldestAdmittedMs).toBe(0);
    jobs.scheduler.hold(false);
    expect(jobs.namesOf('started')).toEqual(['a', 'b', 'c']);
    expect(jobs.scheduler.oldestAdmittedMs).toBeNull();
  });
});
