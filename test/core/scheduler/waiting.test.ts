import { beforeEach, describe, expect, it } from 'vitest';
import { NamedJobs, refusal } from './jobs.js';

let jobs: NamedJobs;

beforeEach(() => {
  jobs = new NamedJobs();
});

describe('the view of a waiting job', () => {
  it('is its position, without an estimate before the first release', () => {
    jobs.admit('a', 'b', 'c', 'd');
    expect([jobs.scheduler.view(jobs.jobOf('c')), jobs.scheduler.view(jobs.jobOf('d'))]).toEqual([
      { position: 1, etaMs: null },
      { position: 2, etaMs: null },
    ]);
  });

  it('has an estimate from the measured pace after a release', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    jobs.clock.advance(200);
    jobs.release('a');
    expect([jobs.scheduler.view(jobs.jobOf('d'))?.etaMs, jobs.scheduler.view(jobs.jobOf('e'))?.etaMs]).toEqual([
      200, 400,
    ]);
  });

  it('is undefined once it runs or has left, and for an unknown job', () => {
    jobs.admit('a', 'b', 'c');
    jobs.scheduler.withdraw(jobs.jobOf('c'));
    expect(['a', 'c', 'z'].map((name) => jobs.scheduler.view(jobs.jobOf(name)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the list of waiting jobs', () => {
  it('has the view of each job in order, and how long it has waited', () => {
    jobs.admit('a', 'b', 'c');
    jobs.clock.advance(70);
    jobs.admit('d');
    jobs.release('a');
    jobs.admit('e');
    jobs.clock.advance(10);
    expect([...jobs.scheduler.entries()]).toEqual([
      { job: jobs.jobOf('d'), position: 1, waitedMs: 10, etaMs: 80 },
      { job: jobs.jobOf('e'), position: 2, waitedMs: 10, etaMs: 160 },
    ]);
  });
});

describe('the seconds after which to try again', () => {
  beforeEach(() => {
    jobs = new NamedJobs({ maxQueue: 200, queueTimeoutMs: 0 });
  });

  it('are (waiting + 1) / (releases per second)', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    jobs.clock.advance(2000);
    jobs.release('a');
    // 2 wait, one release in 2 s.
    expect(jobs.scheduler.retryAfterSeconds()).toBe(6);
  });

  it('are rounded up', () => {
    jobs.admit('a', 'b', 'c', 'd', 'e');
    jobs.clock.advance(2001);
    jobs.release('a');
    expect(jobs.scheduler.retryAfterSeconds()).toBe(7);
  });

  it('are at least 1', () => {
    expect(jobs.scheduler.retryAfterSeconds()).toBe(1);
  });

  it('are at most 60', () => {
    jobs.admit('a');
    jobs.clock.advance(3_600_000);
    expect(jobs.scheduler.retryAfterSeconds()).toBe(60);
  });

  it('are in the refusal', () => {
    jobs = new NamedJobs({ maxQueue: 0 });
    jobs.admit('a', 'b');
    jobs.clock.advance(3000);
    jobs.release('a');
    jobs.admit('c');
    expect(
      refusal(() => {
        jobs.admit('d');
      }),
    ).toMatchObject({ hint: 'Try again in 3 s.', retryAfterSeconds: 3 });
  });
});
