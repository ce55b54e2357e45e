import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Demand } from '../../../src/core/scheduler/jobs/demand.js';
import { Job, type SchedulerEvent } from '../../../src/core/scheduler/jobs/job.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const tokenMs = 10;

class Timed extends Job {
  left: number;

  constructor(
    readonly ownDemand: Demand,
    override readonly deadlineMs: number | null,
  ) {
    super();
    this.left = ownDemand.maxTokens;
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

/** A scheduler whose running jobs get a token every ten milliseconds, and as many as they may. */
class Place {
  readonly clock = new VirtualClock();
  readonly scheduler: Scheduler<Timed>;
  readonly running = new Set<Timed>();
  readonly heard: SchedulerEvent<Timed>[] = [];

  constructor(slots: number, policy: 'fair' | 'plain') {
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms: new Map() } as const;
    const limits = { maxConcurrency: slots, maxQueue: 1000, queueTimeoutMs: 0 };
    this.scheduler = new Scheduler({ ...limits, ...(policy === 'fair' && { fair }) }, this.clock);
    this.scheduler.events((event) => {
      if (event.type === 'moved') return;
      this.heard.push(event);
      if (event.type === 'started') this.running.add(event.job);
    });
  }

  admit(tokens: number, waitAtMostMs: number | null = null, key = 'anna'): Timed {
    const demand = { key, trafficClass: 'standard', promptTokens: 1, maxTokens: tokens } as const;
    const job = new Timed(demand, waitAtMostMs === null ? null : this.clock.now() + waitAtMostMs);
    this.scheduler.admit(job);
    return job;
  }

  pass(ms: number): void {
    for (const endMs = this.clock.now() + ms; this.clock.now() < endMs;) {
      this.clock.advance(tokenMs);
      for (const job of [...this.running]) {
        this.scheduler.countOutput(job);
        job.left -= 1;
        if (job.left > 0) continue;
        this.running.delete(job);
        this.scheduler.release(job);
      }
    }
  }

  fateOf(job: Timed): string {
    return this.heard
      .flatMap((event) => {
        if (event.type === 'moved' || event.job !== job) return [];
        if (event.type === 'started') return [`started after ${event.waitedMs}`];
        if (event.type !== 'turned_away') return [event.type];
        return [`${event.error.code} on ${event.stage} after ${event.waitedMs}`];
      })
      .join();
  }
}

describe.each(['plain', 'fair'] as const)('a deadline in a %s queue', (policy) => {
  it('turns away at once who would start after it', () => {
    const place = new Place(1, policy);
    place.admit(20);
    place.pass(200);
    place.admit(20);
    place.admit(20);
    const late = place.admit(5, 300);
    const early = place.admit(5, 500);
    expect(place.fateOf(late)).toBe('deadline on arrival after 0');
    place.pass(1000);
    expect(place.fateOf(early)).toBe('started after 400');
    expect(place.scheduler.waiting).toBe(0);
  });

  it('drops a waiting job for which it has become too late, before it has passed', () => {
    const place = new Place(1, policy);
    place.admit(20);
    place.pass(200);
    place.admit(100);
    place.pass(50);
    // All that was seen so far were short answers.
    const hopeful = place.admit(5, 30_000);
    const strict = place.admit(5, 2000);
    for (let count = 0; count < 20; count += 1) place.admit(20);
    expect(place.fateOf(strict)).toBe('');
    // The engine stands still.
    place.clock.advance(1900);
    expect(place.fateOf(strict)).toMatch(/^deadline on waiting after (1\d{3})$/);
    place.pass(3000);
    expect(place.fateOf(hopeful)).toMatch(/^started/);
  });

  it('drops a waiting job when it has passed, if nothing is known', () => {
    const place = new Place(1, policy);
    place.admit(1000);
    const job = place.admit(5, 400);
    place.pass(390);
    expect(place.fateOf(job)).toBe('');
    place.pass(20);
    expect(place.fateOf(job)).toBe('deadline on waiting after 400');
  });

  it('means nothing to a job that starts at once', () => {
    const place = new Place(1, policy);
    expect(place.fateOf(place.admit(5, 1))).toBe('started after 0');
  });

  it('turns away who comes after it, even if a place is free', () => {
    const place = new Place(2, policy);
    place.clock.advance(1000);
    const demand = { key: 'anna', trafficClass: 'standard', promptTokens: 7, maxTokens: 5 } as const;
    const [fresh, moved] = [new Timed(demand, 1000), new Timed(demand, 999)];
    place.scheduler.admit(fresh);
    place.scheduler.readmit(moved, 800);
    expect(place.fateOf(fresh)).toBe('deadline on arrival after 0');
    expect(place.fateOf(moved)).toBe('deadline on waiting after 800');
    const { running, waiting, queuedTokens } = place.scheduler;
    expect({ running, waiting, queuedTokens }).toEqual({ running: 0, waiting: 0, queuedTokens: 0 });
    expect(place.clock.pending).toBe(0);
  });

  it('lets no job start after it, and loses none', () => {
    const arrivals = fc.array(
      fc.record({
        tokens: fc.integer({ min: 1, max: 60 }),
        deadlineMs: fc.option(fc.integer({ min: 1, max: 3000 })),
        key: fc.constantFrom('anna', 'ben'),
        pauseMs: fc.constantFrom(0, 0, 30, 200),
      }),
      { maxLength: 60, size: 'max' },
    );
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 4 }), (all, slots) => {
        const place = new Place(slots, policy);
        const jobs = all.map(({ tokens, deadlineMs, key, pauseMs }) => {
          const job = place.admit(tokens, deadlineMs, key);
          place.pass(pauseMs);
          return job;
        });
        place.pass(60_000);
        const fates = place.heard.flatMap((event) => (event.type === 'moved' ? [] : [event.job]));
        expect(fates).toHaveLength(jobs.length);
        expect(new Set(fates).size).toBe(jobs.length);
        for (const event of place.heard) {
          if (event.type !== 'started') continue;
          const { deadlineMs, admittedMs } = event.job;
          if (deadlineMs !== null) expect(event.waitedMs).toBeLessThanOrEqual(deadlineMs - admittedMs);
        }
        expect(place.clock.pending).toBe(0);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });
});
