import { describe, expect, it } from 'vitest';
import type { Demand } from '../../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../../src/core/scheduler/jobs/job.js';
import type { TrafficClass } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const tokenMs = 10;
const promptTokens = 20;
const prefillMs = 100;

class Asked extends Job {
  left: number;
  fate = 'waiting';

  constructor(readonly ownDemand: Demand) {
    super();
    this.left = ownDemand.maxTokens;
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

/** One slot: a job gets its first token after 100 ms, and then one every 10 ms. */
class Place {
  readonly clock = new VirtualClock();
  readonly scheduler: Scheduler<Asked>;
  #running: { readonly job: Asked; readonly startedMs: number } | null = null;

  constructor(policy: 'fair' | 'plain', ttftTargetMs: number) {
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms: new Map() } as const;
    const limits = { maxConcurrency: 1, maxQueue: 1000, queueTimeoutMs: 0, ttftTargetMs };
    this.scheduler = new Scheduler({ ...limits, ...(policy === 'fair' && { fair }) }, this.clock);
    this.scheduler.events((event) => {
      if (event.type !== 'started' && event.type !== 'turned_away') return;
      event.job.fate = event.type === 'started' ? 'started' : `${event.error.code} on ${event.stage}`;
      if (event.type === 'started') this.#running = { job: event.job, startedMs: this.clock.now() };
      else event.job.left = event.error.retryAfterSeconds ?? -1;
    });
  }

  ask(maxTokens = 90, trafficClass: TrafficClass = 'standard'): Asked {
    const job = new Asked({ key: 'anna', trafficClass, promptTokens, maxTokens });
    this.scheduler.admit(job);
    this.scheduler.keepToTarget(job);
    return job;
  }

  pass(ms: number): void {
    for (const endMs = this.clock.now() + ms; this.clock.now() < endMs;) {
      this.clock.advance(tokenMs);
      const now = this.#running;
      if (now === null || this.clock.now() < now.startedMs + prefillMs) continue;
      this.scheduler.countOutput(now.job);
      now.job.left -= 1;
      if (now.job.left > 0) continue;
      this.#running = null;
      this.scheduler.release(now.job);
    }
  }
}

describe.each(['plain', 'fair'] as const)('a target for the first token in a %s queue', (policy) => {
  /** Where each answer takes 990 ms, and one has been measured. */
  function measured(ttftTargetMs: number): Place {
    const place = new Place(policy, ttftTargetMs);
    place.ask();
    place.pass(2000);
    return place;
  }

  it('refuses what would begin too late, and says when to try again', () => {
    const place = measured(2400);
    const fates = [1, 2, 3, 4].map(() => place.ask());
    // The third starts after 1980 ms and gets its first token 100 ms later, the fourth 990 ms after that.
    expect(fates.map(({ fate }) => fate)).toEqual(['started', 'waiting', 'waiting', 'ttft_target on arrival']);
    expect(fates[3]?.left).toBe(1);
    expect(place.scheduler.waiting).toBe(2);
    place.pass(500);
    expect(place.ask().fate).toBe('ttft_target on arrival');
    place.pass(600);
    expect(place.ask().fate).toBe('waiting');
  });

  it('counts the prefill', () => {
    expect(asSecond(measured(1070)).fate).toBe('ttft_target on arrival');
    expect(asSecond(measured(1110)).fate).toBe('waiting');
  });

  it('takes whatever can start at once, and everything before tokens have been measured', () => {
    const place = new Place(policy, 1);
    expect([place.ask(), place.ask(), place.ask()].map(({ fate }) => fate)).toEqual(['started', 'waiting', 'waiting']);
    place.pass(5000);
    expect(place.ask().fate).toBe('started');
    expect(place.ask().fate).toBe('ttft_target on arrival');
  });
});

describe.each(['plain', 'fair'] as const)(
  'a request that waits in a %s queue with a target for the first token',
  (policy) => {
    it('is dropped when it has become hopeless, before it is too late, and says when to try again', () => {
      const place = new Place(policy, 8000);
      // All that was seen so far are short answers.
      place.ask(20);
      place.pass(2000);
      place.ask(3000);
      place.pass(100);
      const waiting = [place.ask(20), place.ask(20)];
      expect(waiting.map(({ fate }) => fate)).toEqual(['waiting', 'waiting']);
      // The engine stands still.
      place.clock.advance(7900);
      expect(waiting.map(({ fate }) => fate)).toEqual(['ttft_target on waiting', 'ttft_target on waiting']);
      for (const { left } of waiting) expect(left).toBeGreaterThanOrEqual(1);
      expect(place.scheduler.waiting).toBe(0);
      expect(place.clock.pending).toBe(0);
    });

    it('is dropped at its target if nothing is known', () => {
      const place = new Place(policy, 400);
      place.ask(1000);
      const waiting = place.ask();
      place.pass(390);
      expect(waiting.fate).toBe('waiting');
      place.pass(20);
      expect(waiting.fate).toBe('ttft_target on waiting');
    });

    it('stays when all goes as was expected, and is no longer watched when it has started', () => {
      const place = new Place(policy, 2400);
      place.ask();
      place.pass(2000);
      const asked = [place.ask(), place.ask(), place.ask()];
      place.pass(4000);
      expect(asked.map(({ fate }) => fate)).toEqual(['started', 'started', 'started']);
      expect(place.clock.pending).toBe(0);
    });
  },
);

describe('a target for the first token among classes', () => {
  it('takes a higher one where a lower one would come too late', () => {
    const place = new Place('fair', 2000);
    place.ask();
    place.pass(2000);
    for (let count = 0; count < 2; count += 1) place.ask();
    expect(place.ask().fate).toBe('ttft_target on arrival');
    expect(place.ask(90, 'interactive').fate).toBe('waiting');
    expect(place.ask(90, 'interactive').fate).toBe('ttft_target on arrival');
  });
});

function asSecond(place: Place): Asked {
  place.ask();
  return place.ask();
}
