import { describe, expect, it } from 'vitest';
import type { Demand, KeyTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../../src/core/scheduler/jobs/job.js';
import type { TrafficClass } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler, type SchedulerOptions } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

class Timed extends Job {
  constructor(
    readonly name: string,
    readonly ownDemand: Demand,
    override readonly deadlineMs: number | null,
  ) {
    super();
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

const tokenMs = 10;
const afterMs = 500;

/** All places are taken by batch jobs, of which 1000 tokens are expected. */
class Night {
  readonly clock = new VirtualClock();
  readonly scheduler: Scheduler<Timed>;
  readonly heard: string[] = [];
  readonly running = new Set<Timed>();

  constructor(slots: number, options: Partial<SchedulerOptions> = {}, terms = new Map<string, KeyTerms>()) {
    const fair = { policy: 'fair', classPatienceMs: 60_000, preemptAfterMs: afterMs, terms } as const;
    const limits = { maxConcurrency: slots, maxQueue: 100, queueTimeoutMs: 0 };
    this.scheduler = new Scheduler({ ...limits, fair, ...options }, this.clock);
    this.scheduler.events((event) => {
      if (event.type === 'moved') return;
      const { job } = event;
      if (event.type === 'started' || event.type === 'resumed') this.running.add(job);
      else this.running.delete(job);
      this.heard.push(event.type === 'turned_away' ? `${job.name} ${event.error.code}` : `${job.name} ${event.type}`);
    });
    const measured = this.ask('measured', 'batch');
    this.pass(1000 * tokenMs);
    this.running.delete(measured);
    this.scheduler.release(measured);
    for (let slot = 0; slot < slots; slot += 1) this.ask(`night ${slot}`, 'batch');
    this.heard.length = 0;
  }

  ask(name: string, trafficClass: TrafficClass, waitAtMostMs: number | null = null): Timed {
    const demand = { key: trafficClass, trafficClass, promptTokens: 1, maxTokens: 1000 };
    const job = new Timed(name, demand, waitAtMostMs === null ? null : this.clock.now() + waitAtMostMs);
    this.scheduler.admit(job);
    return job;
  }

  pass(ms: number): void {
    for (const endMs = this.clock.now() + ms; this.clock.now() < endMs;) {
      this.clock.advance(tokenMs);
      for (const job of this.running) this.scheduler.countOutput(job);
    }
  }

  etaMs(job: Timed): number | null | undefined {
    return this.scheduler.view(job)?.etaMs;
  }
}

describe('where batch jobs give up their places', () => {
  it('an interactive job is expected to start when one does, and is not refused for its deadline', () => {
    const night = new Night(1);
    const person = night.ask('person', 'interactive', 1000);
    expect(night.etaMs(person)).toBe(afterMs);
    night.pass(200);
    expect(night.etaMs(person)).toBe(afterMs - 200);
    expect([...night.scheduler.entries()].map(({ etaMs }) => etaMs)).toEqual([afterMs - 200]);
    night.pass(300);
    expect(night.heard).toEqual(['night 0 paused', 'person started']);
  });

  it('nor for the target of the time to the first token', () => {
    const night = new Night(1, { ttftTargetMs: 600 });
    night.scheduler.keepToTarget(night.ask('person', 'interactive'));
    night.pass(afterMs);
    expect(night.heard).toEqual(['night 0 paused', 'person started']);
  });

  it('so are as many as can be paused, one after the other, and no more', () => {
    const night = new Night(2);
    const first = night.ask('first', 'interactive', 1000);
    night.pass(100);
    const second = night.ask('second', 'interactive', 1000);
    const third = night.ask('third', 'interactive', 1000);
    expect([first, second].map((job) => night.etaMs(job))).toEqual([afterMs - 100, afterMs]);
    expect(night.heard).toEqual(['third deadline']);
    expect(third.status).toBe('gone');
    night.pass(afterMs);
    expect(night.heard.filter((event) => event.endsWith('started'))).toEqual(['first started', 'second started']);
  });

  it('those who wait for a slot are refused: other classes, and those whose key runs as many as it may', () => {
    const terms = new Map([['interactive', { share: 1, maxRunning: 1, maxWaiting: null }]]);
    const night = new Night(2, {}, terms);
    night.ask('standard', 'standard', 1000);
    const first = night.ask('first', 'interactive', 1000);
    night.ask('second', 'interactive', 1000);
    expect(night.heard).toEqual(['standard deadline', 'second deadline']);
    expect(night.etaMs(first)).toBe(afterMs);
  });

  it('nobody counts on one that has been paused before, nor on any while starting is suspended', () => {
    const night = new Night(1);
    const person = night.ask('person', 'interactive');
    night.pass(afterMs);
    night.running.delete(person);
    night.scheduler.release(person);
    night.ask('late', 'interactive', 1000);
    expect(night.heard.slice(2)).toEqual(['night 0 resumed', 'late deadline']);

    const held = new Night(1);
    held.scheduler.hold(true);
    held.ask('person', 'interactive', 1000);
    expect(held.heard).toEqual(['person deadline']);
  });
});
