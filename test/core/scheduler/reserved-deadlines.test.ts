import { describe, expect, it } from 'vitest';
import type { FairOptions } from '../../../src/core/scheduler/fair-line.js';
import type { Demand } from '../../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../../src/core/scheduler/jobs/job.js';
import type { TrafficClass } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const tokenMs = 10;

interface Wish {
  readonly key?: string;
  readonly tokens?: number;
  readonly deadlineMs?: number;
  readonly places?: number;
}

class Timed extends Job {
  fate = 'waiting';
  left: number;
  override readonly deadlineMs: number | null;
  override readonly places: number;
  readonly #demand: Demand;

  constructor(
    trafficClass: TrafficClass,
    { key = trafficClass, tokens = 100, deadlineMs, places = 1 }: Wish,
    nowMs: number,
  ) {
    super();
    this.left = tokens;
    this.deadlineMs = deadlineMs === undefined ? null : nowMs + deadlineMs;
    this.places = places;
    this.#demand = { key, trafficClass, promptTokens: 1, maxTokens: tokens };
  }

  override get demand(): Demand {
    return this.#demand;
  }
}

/**
 * Two slots, of which one is held back for the class, or the key, `batch`. A batch job runs there; beside it, and in the
 * line, are standard jobs for twenty seconds.
 */
class Place {
  readonly clock = new VirtualClock();
  readonly #scheduler: Scheduler<Timed>;
  readonly #running = new Set<Timed>();

  constructor(
    reserves: Pick<FairOptions, 'terms' | 'classReserves'>,
    batchTokens: number,
    ttftTargetMs: number | null,
  ) {
    const fair = { policy: 'fair', classPatienceMs: 60_000, ...reserves } as const;
    const limits = { maxConcurrency: 2, maxQueue: 1000, queueTimeoutMs: 0, ttftTargetMs };
    this.#scheduler = new Scheduler({ ...limits, fair }, this.clock);
    this.#scheduler.events((event) => {
      if (event.type === 'moved') return;
      const { job } = event;
      if (event.type === 'started') this.#running.add(job);
      const waitedMs = this.clock.now() - job.admittedMs;
      const what = event.type === 'turned_away' ? `${event.error.code} on ${event.stage}` : event.type;
      job.fate = `${what} after ${waitedMs}`;
    });
    this.ask('standard');
    this.pass(1000);
    this.ask('batch', { tokens: batchTokens });
    for (let count = 0; count < 20; count += 1) this.#admit('standard');
  }

  ask(trafficClass: TrafficClass, wish: Wish = {}): Timed {
    const job = this.#admit(trafficClass, wish);
    this.#scheduler.keepToTarget(job);
    return job;
  }

  pass(ms: number): void {
    for (const endMs = this.clock.now() + ms; this.clock.now() < endMs;) {
      this.clock.advance(tokenMs);
      for (const job of [...this.#running]) {
        this.#scheduler.countOutput(job);
        job.left -= 1;
        if (job.left > 0) continue;
        this.#running.delete(job);
        this.#scheduler.release(job);
      }
    }
  }

  #admit(trafficClass: TrafficClass, wish: Wish = {}): Timed {
    const job = new Timed(trafficClass, wish, this.clock.now());
    this.#scheduler.admit(job);
    return job;
  }
}

const ofKey = {
  terms: new Map([['batch', { share: 1, maxRunning: null, maxWaiting: null, reserve: 1 }]]),
};
const ofClass = { terms: new Map(), classReserves: new Map([['batch', 1] as const]) };

describe.each([
  ['key', ofKey],
  ['class', ofClass],
])('a job that may take a place held back for its %s', (_whose, reserves) => {
  it('is not refused for the jobs before it, which may not take that place', () => {
    const place = new Place(reserves, 100, null);
    const job = place.ask('batch', { deadlineMs: 5000 });
    const other = place.ask('standard', { deadlineMs: 5000 });
    expect(other.fate).toBe('deadline on arrival after 0');
    place.pass(2000);
    expect(job.fate).toBe('started after 1000');
  });

  it('waits until its deadline if that place does not become free', () => {
    const place = new Place(reserves, 3000, null);
    const job = place.ask('batch', { deadlineMs: 5000 });
    place.pass(4990);
    expect(job.fate).toBe('waiting');
    place.pass(10);
    expect(job.fate).toBe('deadline on waiting after 5000');
  });

  it('is refused at once if it needs more places than are held back', () => {
    const place = new Place(reserves, 100, null);
    expect(place.ask('batch', { deadlineMs: 5000, places: 2 }).fate).toBe('deadline on arrival after 0');
  });

  it('is refused at once behind so many that may take that place too that it would come too late', () => {
    const place = new Place(reserves, 100, 5000);
    const jobs = Array.from({ length: 300 }, () => place.ask('batch'));
    const refused = jobs.filter(({ fate }) => fate === 'ttft_target on arrival after 0');
    // One starts in each second.
    expect(refused.length).toBeGreaterThanOrEqual(293);
    expect(refused.length).toBeLessThanOrEqual(297);
    place.pass(6000);
    expect(jobs.filter(({ fate }) => fate.startsWith('started')).length).toBeGreaterThanOrEqual(3);
  });

  it('is not refused for the target of the first token either', () => {
    const place = new Place(reserves, 100, 5000);
    const job = place.ask('batch');
    expect(place.ask('standard').fate).toBe('ttft_target on arrival after 0');
    place.pass(2000);
    expect(job.fate).toBe('started after 1000');
  });
});

describe('jobs of several keys that may take a place held back for their class', () => {
  it('are refused at once behind too many of these keys', () => {
    const place = new Place(ofClass, 100, 5000);
    const jobs = Array.from({ length: 100 }, (_, index) => place.ask('batch', { key: `key ${index}` }));
    const refused = jobs.filter(({ fate }) => fate === 'ttft_target on arrival after 0');
    expect(refused.length).toBeGreaterThanOrEqual(93);
    expect(refused.length).toBeLessThanOrEqual(97);
  });

  it('are not refused behind many of one key, which has had its share', () => {
    const place = new Place(ofClass, 100, null);
    for (let count = 0; count < 50; count += 1) place.ask('batch');
    expect(place.ask('batch', { deadlineMs: 5000 }).fate).toBe('deadline on arrival after 0');
    const job = place.ask('batch', { key: 'eva', deadlineMs: 5000 });
    place.pass(3000);
    expect(job.fate).toMatch(/^started/);
  });
});
