import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import type { FairOptions } from '../../../src/core/scheduler/fairness/fair-options.js';
import type { Demand, KeyTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../../src/core/scheduler/jobs/job.js';
import { trafficClasses } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const keys = ['anna', 'ben', 'eva'] as const;
const maxQueue = 12;

class MixedJob extends Job {
  left: number;

  constructor(
    readonly ownDemand: Demand,
    override readonly deadlineMs: number | null,
    tokens: number,
    override readonly places: number,
  ) {
    super();
    this.left = tokens;
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

type Terms = ReadonlyMap<string, KeyTerms>;

const limit = fc.option(fc.integer({ min: 1, max: 3 }));
const terms: fc.Arbitrary<Terms> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...keys),
      fc.record({ share: fc.constantFrom(0.5, 1, 3), maxRunning: limit, maxWaiting: fc.constant(null) }),
    ),
    { maxLength: 3 },
  )
  .map((entries) => new Map(entries));

const step = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      key: fc.constantFrom(...keys),
      trafficClass: fc.constantFrom(...trafficClasses),
      promptTokens: fc.integer({ min: 1, max: 40 }),
      tokens: fc.integer({ min: 1, max: 20 }),
      places: fc.constantFrom(1, 1, 1, 2, 4),
      deadlineMs: fc.option(fc.integer({ min: 1, max: 2000 }), { freq: 3 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('round' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('withdraw' as const), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('resize' as const), most: fc.integer({ min: 1, max: 6 }) }) },
  // Engines die, and come back.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('confine' as const), places: fc.integer({ min: 0, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), isHeld: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reload' as const), terms }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400 }) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Script {
  readonly most: number;
  readonly fair: FairOptions;
  readonly queueTimeoutMs: number;
  readonly ttftTargetMs: number | null;
  readonly steps: readonly Step[];
  /** After how many steps a drain begins. */
  readonly drainAfter: number;
}

const scripts: fc.Arbitrary<Script> = fc
  .record({
    most: fc.integer({ min: 1, max: 6 }),
    policy: fc.constantFrom('fair' as const, 'fair' as const, 'fifo' as const),
    classPatienceMs: fc.constantFrom(0, 300, 60_000),
    preemptAfterMs: fc.constantFrom(null, 0, 0, 0, 50),
    terms,
    queueTimeoutMs: fc.constantFrom(0, 0, 500),
    ttftTargetMs: fc.constantFrom(null, null, 1000),
    steps: fc.array(step, { minLength: 20, maxLength: 100, size: 'max' }),
    drainAfter: fc.integer({ min: 10, max: 120 }),
  })
  .map(({ policy, classPatienceMs, preemptAfterMs, terms: first, ...rest }) => {
    const preempts = policy === 'fair' && preemptAfterMs !== null;
    return { ...rest, fair: { policy, classPatienceMs, terms: first, ...(preempts && { preemptAfterMs }) } };
  });

/** A scheduler, and what its owner knows of its jobs. Throws as soon as a law is broken. */
class Owner {
  readonly clock = new VirtualClock();
  readonly scheduler: Scheduler<MixedJob>;
  readonly running = new Set<MixedJob>();
  readonly waiting = new Set<MixedJob>();
  readonly paused = new Set<MixedJob>();
  readonly admitted: MixedJob[] = [];
  readonly fates = new Map<MixedJob, string>();
  readonly #started = new Set<MixedJob>();
  drained: Promise<void> | null = null;
  #most: number;
  #places = Infinity;
  #isHeld = false;
  #terms: Terms;

  constructor({ most, fair, queueTimeoutMs, ttftTargetMs }: Script) {
    this.#most = most;
    this.#terms = fair.terms;
    this.scheduler = new Scheduler({ maxConcurrency: most, maxQueue, queueTimeoutMs, ttftTargetMs, fair }, this.clock);
    this.scheduler.events((event) => {
      switch (event.type) {
        case 'moved':
          return;
        case 'started':
          expect(this.waiting.delete(event.job)).toBe(true);
          expect(this.#started.has(event.job)).toBe(false);
          expect(this.#isHeld || this.drained !== null).toBe(false);
          this.#started.add(event.job);
          this.#begin(event.job);
          return;
        case 'resumed':
          expect(this.paused.delete(event.job)).toBe(true);
          this.#begin(event.job);
          return;
        case 'paused':
          expect(this.running.delete(event.job)).toBe(true);
          this.paused.add(event.job);
          return;
        case 'turned_away':
          expect(this.waiting.delete(event.job)).toBe(true);
          this.#end(event.job, event.error.code);
      }
    });
  }

  perform(each: Step): void {
    switch (each.do) {
      case 'admit':
        this.#admit(each);
        return;
      case 'round':
        for (let count = 0; count < each.count; count += 1) this.round();
        return;
      case 'withdraw': {
        const all = [...this.running, ...this.waiting, ...this.paused];
        const job = all[each.pick % Math.max(1, all.length)];
        if (job === undefined) return;
        for (const jobs of [this.running, this.waiting, this.paused]) jobs.delete(job);
        this.#end(job, 'withdrawn');
        this.scheduler.withdraw(job);
        return;
      }
      case 'resize':
        this.#most = each.most;
        this.scheduler.resize({ maxConcurrency: each.most });
        return;
      case 'confine':
        this.#places = each.places;
        this.scheduler.confine(each.places);
        return;
      case 'hold':
        this.#isHeld = each.isHeld;
        this.scheduler.hold(each.isHeld);
        return;
      case 'reload':
        this.#terms = each.terms;
        this.scheduler.configureKeys(each.terms);
        return;
      case 'wait':
        this.#pass(each.ms);
    }
  }

  /** Every running job gets a token. */
  round(): void {
    this.#pass(10);
    for (const job of [...this.running]) {
      if (!this.running.has(job)) continue;
      this.scheduler.countOutput(job);
      job.left -= 1;
      if (job.left > 0) continue;
      this.running.delete(job);
      this.#end(job, 'completed');
      this.scheduler.release(job);
    }
    this.#change();
  }

  check(): void {
    const { scheduler, running, waiting, paused } = this;
    const free = Math.min(this.#most, this.#places) - placesOf(running);
    expect([scheduler.running, scheduler.waiting]).toEqual([placesOf(running), placesOf(waiting) + paused.size]);
    expect(new Set(scheduler.paused)).toEqual(paused);
    const queued = [...waiting, ...paused].reduce((sum, { demand }) => sum + demand.promptTokens, 0);
    expect(scheduler.queuedTokens).toBe(queued);
    let position = 1;
    const listed = Array.from(scheduler.entries(), (entry) => {
      expect(entry.position).toBe(position);
      position += entry.job.places;
      return entry.job;
    });
    expect(listed).toHaveLength(waiting.size + paused.size);
    expect(new Set(listed)).toEqual(new Set([...waiting, ...paused]));
    // No place is free for a job that may start: the first needs more, or each key waits for the end of a job of its own.
    if (free <= 0) return;
    const { first } = scheduler;
    const all = Math.min(this.#most, this.#places);
    const isOpen = !this.#isHeld && this.drained === null;
    if (first !== undefined && isOpen) expect(Math.min(first.places, all)).toBeGreaterThan(free);
    const able = isOpen && first === undefined ? [...waiting] : [];
    for (const key of new Set(able.map(({ demand }) => demand.key))) {
      const jobs = able.filter(({ demand }) => demand.key === key);
      expect(jobs.some((job) => this.#isTooMuch(job))).toBe(true);
    }
    if (isOpen && first !== undefined) return;
    // The places of its key may be kept for a job of a higher class, which needs more of them.
    for (const job of paused) {
      const higher = isOpen ? [...waiting].filter((other) => isOfHigherClass(other, job)) : [];
      expect([job, ...higher].some((each) => this.#isTooMuch(each))).toBe(true);
    }
  }

  #pass(ms: number): void {
    this.clock.advance(ms);
    this.#change();
  }

  /**
   * While places are kept for a job that needs several, others may come to the front because they rise, or because its key is
   * charged. They start with the next change.
   */
  #change(): void {
    this.scheduler.resize({});
  }

  drain(): void {
    this.drained = this.scheduler.drain();
  }

  #admit({ key, trafficClass, promptTokens, tokens, deadlineMs, places }: Extract<Step, { do: 'admit' }>): void {
    const demand: Demand = { key, trafficClass, promptTokens, maxTokens: 20 };
    const job = new MixedJob(demand, deadlineMs === null ? null : this.clock.now() + deadlineMs, tokens, places);
    const wasOpen = this.drained === null && placesOf(this.waiting) + this.paused.size + places <= maxQueue;
    this.waiting.add(job);
    try {
      const free = Math.max(0, Math.min(this.#most, this.#places) - placesOf(this.running));
      const waited = placesOf(this.waiting) + this.paused.size;
      this.scheduler.admit(job);
      expect(this.drained).toBeNull();
      expect(waited).toBeLessThanOrEqual(maxQueue + free);
      this.admitted.push(job);
      this.scheduler.keepToTarget(job);
    } catch (error) {
      if (!(error instanceof ChatstreamError)) throw error;
      expect(wasOpen).toBe(false);
      this.waiting.delete(job);
    }
  }

  #begin(job: MixedJob): void {
    const { key } = job.demand;
    const all = Math.min(this.#most, this.#places);
    // After a change of the limits, a job may need more places than there are: it runs alone.
    expect(placesOf(this.running) + Math.min(job.places, all)).toBeLessThanOrEqual(all);
    expect(this.#isTooMuch(job)).toBe(false);
    const before = [...this.waiting].filter(({ demand, status }) => demand.key === key && status === 'waiting');
    expect(before.every((other) => goesBehind(other, job))).toBe(true);
    expect(this.fates.has(job)).toBe(false);
    this.running.add(job);
  }

  #end(job: MixedJob, fate: string): void {
    expect(this.fates.has(job)).toBe(false);
    this.fates.set(job, fate);
  }

  /** Whether it would be one too many of its key. */
  #isTooMuch({ demand: { key }, places }: MixedJob): boolean {
    const most = this.#terms.get(key)?.maxRunning ?? Infinity;
    const running = placesOf([...this.running].filter(({ demand }) => demand.key === key));
    return running + Math.min(places, most) > most;
  }
}

function placesOf(jobs: Iterable<MixedJob>): number {
  let sum = 0;
  for (const { places } of jobs) sum += places;
  return sum;
}

function isOfHigherClass({ demand }: MixedJob, { demand: other }: MixedJob): boolean {
  const rank = trafficClasses.indexOf(demand.trafficClass);
  return demand.key === other.key && rank < trafficClasses.indexOf(other.trafficClass);
}

/** Of one key: it came later, or is of another class. */
function goesBehind({ admittedMs, demand }: MixedJob, other: MixedJob): boolean {
  return demand.trafficClass !== other.demand.trafficClass || admittedMs >= other.admittedMs;
}

/** Plays it to the end, and checks the laws. Resolves to what became of the jobs, and how often one was seen paused. */
async function play(script: Script): Promise<{ readonly fates: readonly string[]; readonly paused: number }> {
  const owner = new Owner(script);
  let paused = 0;
  for (const [index, each] of script.steps.entries()) {
    if (index === script.drainAfter) owner.drain();
    owner.perform(each);
    paused += owner.paused.size;
    owner.check();
  }
  owner.drain();
  expect(owner.waiting.size).toBe(0);
  owner.perform({ do: 'resize', most: 6 });
  owner.perform({ do: 'confine', places: 6 });
  for (let count = 0; owner.running.size + owner.paused.size > 0 && count < 1000; count += 1) {
    owner.round();
    owner.check();
  }
  await owner.drained;
  expect(owner.fates.size).toBe(owner.admitted.length);
  expect([owner.scheduler.running, owner.scheduler.waiting, owner.scheduler.queuedTokens]).toEqual([0, 0, 0]);
  // Timers that were set for jobs that have gone may still run.
  owner.clock.advance(60_000);
  expect(owner.clock.pending).toBe(0);
  return { fates: owner.admitted.map((job) => owner.fates.get(job) ?? 'none'), paused };
}

describe('a scheduler whose places, keys and engines change, and that drains in the end', () => {
  it('starts nothing beyond any limit, leaves no place idle, loses no job and ends none twice', async () => {
    const lives = fc.asyncProperty(scripts, async (script) => {
      await play(script);
    });
    await fc.assert(lives, { numRuns: 40, endOnFailure: true });
  });

  it('meets everything in such scripts that can become of a job', async () => {
    const fates = new Set<string>();
    let paused = 0;
    // With any other seed, pauses may be too rare to be met.
    for (const script of fc.sample(scripts, { numRuns: 100, seed: 1 })) {
      const played = await play(script);
      for (const fate of played.fates) fates.add(fate);
      paused += played.paused;
    }
    const all = ['completed', 'deadline', 'draining', 'queue_timeout', 'ttft_target', 'withdrawn'];
    expect([...fates].sort()).toEqual(all);
    expect(paused).toBeGreaterThan(10);
  });
});
