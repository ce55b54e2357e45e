import { describe, expect, it } from 'vitest';
import { StartEstimates } from '../../../../src/core/scheduler/estimates/start-estimates.js';
import type { Demand } from '../../../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../../../src/core/scheduler/jobs/job.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

class Sized extends Job {
  constructor(
    readonly ownDemand: Demand,
    override readonly isSilent = false,
  ) {
    super();
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

const tokenMs = 10;

class Slots {
  readonly clock = new VirtualClock();
  readonly estimates = new StartEstimates<Sized>(false, this.clock);

  start(maxTokens: number, promptTokens = 0, minTokens = 0): Sized {
    const job = new Sized({ key: 'anna', trafficClass: 'standard', promptTokens, maxTokens, minTokens });
    this.estimates.started(job);
    return job;
  }

  /** One whose tokens are not seen before all of them are there. */
  startSilent(promptTokens: number): Sized {
    const demand = { key: 'anna', trafficClass: 'standard', promptTokens, maxTokens: 100 } as const;
    const job = new Sized(demand, true);
    this.estimates.started(job);
    return job;
  }

  /** Such a one, whose tokens all come after this time. @param decodeMs what it says of them; null if it says nothing */
  answerAtOnce(promptTokens: number, tokens: number, ms: number, decodeMs: number | null = null): void {
    const job = this.startSilent(promptTokens);
    this.clock.advance(ms);
    for (let count = 0; count < tokens; count += 1) this.estimates.produced(job);
    job.cameAtOnce(decodeMs === null ? null : this.clock.now() - decodeMs);
    this.estimates.ended(job);
  }

  prefillMs(promptTokens: number): number {
    return this.estimates.prefillMs({ key: 'anna', trafficClass: 'standard', promptTokens, maxTokens: 1 });
  }

  /** A token for each of the jobs, ten milliseconds apart. */
  generate(tokens: number, ...jobs: readonly Sized[]): void {
    for (let count = 0; count < tokens; count += 1) {
      this.clock.advance(tokenMs);
      for (const job of jobs) this.estimates.produced(job);
    }
  }

  /** Some answers of this length, one after the other. */
  measure(tokens: number, maxTokens: number, prompt: { readonly tokens: number; readonly ms: number }): void {
    for (let count = 0; count < 5; count += 1) {
      const job = this.start(maxTokens, prompt.tokens);
      this.clock.advance(prompt.ms - tokenMs);
      this.generate(tokens, job);
      this.estimates.ended(job);
    }
  }

  work(maxTokens: number, promptTokens: number, minTokens = 0): number {
    return this.estimates.workOf(
      new Sized({ key: 'anna', trafficClass: 'standard', promptTokens, maxTokens, minTokens }),
    );
  }
}

const short = { tokens: 100, ms: 50 };

describe('estimated starts', () => {
  it('are unknown before a job has ended', () => {
    const slots = new Slots();
    const job = slots.start(10);
    expect(slots.estimates.etaMs(job, 1, 0)).toBeNull();
    expect(slots.work(10, 10)).toBe(0);
  });

  it('follow the rate at which jobs end until tokens have been measured', () => {
    const slots = new Slots();
    const job = slots.start(10);
    slots.clock.advance(400);
    slots.estimates.ended(job);
    expect(slots.estimates.etaMs(job, 3, 0)).toBe(1200);
  });

  it('know what is left of the running answers', () => {
    const slots = new Slots();
    slots.measure(40, 100, short);
    const job = slots.start(100, 100);
    slots.clock.advance(40);
    slots.generate(30, job);
    expect(slots.estimates.etaMs(job, 1, 0)).toBeCloseTo(100, -1);
  });

  it('count the prompts and the limits of the jobs ahead', () => {
    const slots = new Slots();
    slots.measure(40, 100, short);
    // 50 ms for 100 tokens of prompt are as much as 5 output tokens.
    expect(slots.work(100, 100)).toBeCloseTo(45);
    expect(slots.work(10, 100)).toBeCloseTo(15);
    expect(slots.work(100, 1000)).toBeCloseTo(90);
    const job = slots.start(100, 100);
    slots.clock.advance(40);
    slots.generate(30, job);
    expect(slots.estimates.etaMs(job, 2, 90)).toBeGreaterThan(1000);
  });

  it('expect answers that were cut off at their limits to fill a higher one', () => {
    const slots = new Slots();
    slots.measure(40, 40, short);
    expect(slots.work(160, 0)).toBeCloseTo(160);
    expect(slots.work(20, 0)).toBeCloseTo(20);
  });

  it('know answers that may not end earlier, also those that are longer than all before', () => {
    const slots = new Slots();
    slots.measure(15, 100, short);
    expect(slots.work(150, 0, 150)).toBeCloseTo(150);
    expect(slots.work(500, 0, 150)).toBeCloseTo(150);
    const job = slots.start(150, 0, 150);
    slots.generate(13, job);
    expect(slots.estimates.etaMs(job, 1, 0)).toBeCloseTo(137 * tokenMs, -1);
    slots.generate(130, job);
    expect(slots.estimates.etaMs(job, 1, 0)).toBeCloseTo(7 * tokenMs, -1);
  });

  it('expect an answer that is longer than most to end as those ended that were as long', () => {
    const slots = new Slots();
    slots.measure(10, 1000, short);
    slots.measure(300, 1000, short);
    const job = slots.start(1000);
    slots.generate(20, job);
    expect(slots.estimates.etaMs(job, 1, 0)).toBeGreaterThan(200 * tokenMs);
  });

  it('are later the longer the engine stands still', () => {
    const slots = new Slots();
    slots.measure(40, 100, short);
    const job = slots.start(100, 100);
    slots.clock.advance(40);
    slots.generate(30, job);
    slots.clock.advance(250);
    slots.estimates.etaMs(job, 1, 0);
    slots.clock.advance(2000);
    expect(slots.estimates.etaMs(job, 1, 0)).toBeGreaterThan(2000);
  });
});

describe('answers whose tokens come all at once', () => {
  it('leave what is known of prompts and tokens as it is if they take as long as that', () => {
    const slots = new Slots();
    slots.measure(41, 100, short);
    for (let count = 0; count < 40; count += 1) slots.answerAtOnce(1000, 40, 500 + 40 * tokenMs);
    expect(slots.prefillMs(100)).toBeCloseTo(50);
    // As many tokens as 50 ms are.
    expect(slots.work(100, 100)).toBeCloseTo(45, 0);
  });

  it('say how long their tokens take, where nothing else does, and nothing of prompts', () => {
    const slots = new Slots();
    for (let count = 0; count < 3; count += 1) slots.answerAtOnce(100, 40, 2000);
    expect(slots.prefillMs(100)).toBe(0);
    const job = slots.startSilent(100);
    expect(slots.estimates.etaMs(job, 1, 0)).toBeCloseTo(2000);
  });

  it('count with the times that come with them', () => {
    const slots = new Slots();
    for (let count = 0; count < 3; count += 1) slots.answerAtOnce(100, 41, 1000, 400);
    expect(slots.prefillMs(100)).toBeCloseTo(600);
    expect(slots.work(100, 100)).toBeCloseTo(41 + 60);
  });

  it('cannot have begun before they were asked for, whatever they say', () => {
    const slots = new Slots();
    slots.answerAtOnce(100, 41, 400, 60_000);
    expect(slots.prefillMs(100)).toBe(0);
    expect(slots.work(100, 100)).toBeCloseTo(41);
  });

  it('are expected to end as time goes by', () => {
    const slots = new Slots();
    for (let count = 0; count < 3; count += 1) slots.answerAtOnce(100, 40, 2000);
    const job = slots.startSilent(100);
    for (const leftMs of [1500, 1000, 500]) {
      slots.clock.advance(500);
      expect(slots.estimates.etaMs(job, 1, 0)).toBeCloseTo(leftMs);
    }
  });
});
