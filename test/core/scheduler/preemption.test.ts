import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import type { FairOptions } from '../../../src/core/scheduler/fair-line.js';
import type { TrafficClass } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { KeyJob } from './fair-stage.js';

const patience = 60_000;

interface House {
  readonly clock: VirtualClock;
  readonly scheduler: Scheduler<KeyJob>;
  /** `a starts`, `a pauses`, `a goes on`, `a is turned away`: as the scheduler says it. */
  readonly heard: string[];
  readonly ask: (name: string, trafficClass: TrafficClass, key?: string, places?: number) => KeyJob;
}

function house(slots = 1, fair: Partial<FairOptions> = {}): House {
  const clock = new VirtualClock();
  const options = {
    policy: 'fair',
    classPatienceMs: patience,
    preemptAfterMs: 2000,
    terms: new Map(),
    ...fair,
  } as const;
  const limits = { maxConcurrency: slots, maxQueue: 100, queueTimeoutMs: 30_000 };
  const scheduler = new Scheduler<KeyJob>({ ...limits, fair: options }, clock);
  const heard: string[] = [];
  scheduler.events((event) => {
    if (event.type !== 'moved') heard.push(`${event.job.name} ${words[event.type]}`);
  });
  const ask: House['ask'] = (name, trafficClass, key = trafficClass, places = 1) => {
    const job = new KeyJob(name, { key, trafficClass, promptTokens: 10, maxTokens: 100 }, 10, 0, places);
    scheduler.admit(job);
    return job;
  };
  return { clock, scheduler, heard, ask };
}

const words = { started: 'starts', paused: 'pauses', resumed: 'goes on', turned_away: 'is turned away' } as const;

describe('a batch job that runs', () => {
  it('gives up its place to an interactive one that has waited for so long, and goes on when a place is free', () => {
    const { clock, scheduler, heard, ask } = house();
    ask('night', 'batch');
    const person = ask('person', 'interactive');
    clock.advance(1999);
    expect(heard).toEqual(['night starts']);
    clock.advance(1);
    expect(heard).toEqual(['night starts', 'night pauses', 'person starts']);
    expect([scheduler.running, scheduler.waiting, scheduler.queuedTokens]).toEqual([1, 1, 10]);
    scheduler.release(person);
    expect(heard.at(-1)).toBe('night goes on');
  });

  it('gives it up also where classes make no difference to the order', () => {
    const { clock, heard, ask } = house(1, { classPatienceMs: 0 });
    ask('night', 'batch');
    ask('person', 'interactive');
    clock.advance(2000);
    expect(heard).toEqual(['night starts', 'night pauses', 'person starts']);
  });

  it('gives it up only once', () => {
    const { clock, scheduler, heard, ask } = house();
    const night = ask('night', 'batch');
    const person = ask('person', 'interactive');
    clock.advance(2000);
    scheduler.release(person);
    ask('another', 'interactive');
    clock.advance(10_000);
    expect(heard.at(-1)).toBe('night goes on');
    scheduler.release(night);
    expect(heard.at(-1)).toBe('another starts');
  });

  it('goes on before others of its key and class', () => {
    const { clock, scheduler, heard, ask } = house();
    ask('first', 'batch');
    const second = ask('second', 'batch');
    const person = ask('person', 'interactive');
    clock.advance(2000);
    expect([...scheduler.entries()].map(({ job }) => job.name)).toEqual(['first', 'second']);
    scheduler.release(person);
    expect(heard.at(-1)).toBe('first goes on');
    expect(scheduler.view(second)?.position).toBe(1);
  });

  it('keeps it if the one that waits is standard, or a batch job that has risen', () => {
    const { clock, heard, ask } = house(1, { classPatienceMs: 100 });
    ask('night', 'batch');
    ask('standard', 'standard', 'someone');
    ask('risen', 'batch', 'another');
    clock.advance(20_000);
    expect(heard).toEqual(['night starts']);
  });

  it('keeps it if it is standard, or interactive', () => {
    const { clock, heard, ask } = house(2);
    ask('one', 'standard');
    ask('two', 'interactive');
    ask('person', 'interactive');
    clock.advance(20_000);
    expect(heard).toEqual(['one starts', 'two starts']);
  });

  it('is the last that began, if there are several', () => {
    const { clock, heard, ask } = house(2);
    ask('first', 'batch');
    ask('second', 'batch');
    ask('person', 'interactive');
    ask('another', 'interactive');
    clock.advance(2000);
    expect(heard.slice(2)).toEqual(['second pauses', 'person starts', 'first pauses', 'another starts']);
  });

  it('keeps a place that is reserved for its key or its class', () => {
    const terms = new Map([['batch', { share: 1, maxRunning: null, maxWaiting: null, reserve: 1 }]]);
    for (const reserved of [{ terms }, { terms: new Map(), classReserves: new Map([['batch', 1] as const]) }]) {
      const { clock, heard, ask } = house(2, reserved);
      ask('night', 'batch');
      ask('day', 'standard');
      ask('person', 'interactive');
      clock.advance(20_000);
      expect(heard).toEqual(['night starts', 'day starts']);
    }
  });

  it('is not turned away by the timeout of the queue while it is paused', () => {
    const { clock, heard, ask } = house();
    ask('night', 'batch');
    ask('person', 'interactive');
    clock.advance(300_000);
    expect(heard).toEqual(['night starts', 'night pauses', 'person starts']);
  });

  it('can be withdrawn while it is paused', () => {
    const { clock, scheduler, heard, ask } = house();
    const night = ask('night', 'batch');
    const person = ask('person', 'interactive');
    clock.advance(2000);
    expect(scheduler.withdraw(night)).toBe('waiting');
    scheduler.release(person);
    expect([scheduler.running, scheduler.waiting, scheduler.queuedTokens]).toEqual([0, 0, 0]);
    expect(heard.at(-1)).toBe('person starts');
  });

  it('never gives up its place without the option, and cannot be asked to with the policy fifo', () => {
    const { clock, heard, ask } = house(1, { preemptAfterMs: null });
    ask('night', 'batch');
    ask('person', 'interactive');
    clock.advance(20_000);
    expect(heard).toEqual(['night starts']);
    expect(() => house(1, { policy: 'fifo' })).toThrow('has no effect with --queue-policy fifo');
  });
});

describe('a paused job', () => {
  it('goes on during a drain, which ends when it has ended', async () => {
    const { clock, scheduler, heard, ask } = house();
    const night = ask('night', 'batch');
    const person = ask('person', 'interactive');
    clock.advance(2000);
    ask('late', 'standard');
    let isDrained = false;
    const drained = scheduler.drain().then(() => {
      isDrained = true;
    });
    scheduler.release(person);
    expect(heard.slice(3)).toEqual(['late is turned away', 'night goes on']);
    await Promise.resolve();
    expect(isDrained).toBe(false);
    scheduler.release(night);
    await drained;
  });

  it('goes on at the beginning of a drain if a place was kept for one that needs several', () => {
    const { clock, scheduler, heard, ask } = house(2);
    ask('day', 'standard');
    ask('night', 'batch');
    const person = ask('person', 'interactive');
    clock.advance(2000);
    ask('wide', 'standard', 'other', 2);
    scheduler.release(person);
    expect(heard.slice(2)).toEqual(['night pauses', 'person starts']);
    void scheduler.drain();
    expect(heard.slice(4)).toEqual(['wide is turned away', 'night goes on']);
  });

  it('goes on while others are held', () => {
    const { clock, scheduler, heard, ask } = house();
    ask('night', 'batch');
    const person = ask('person', 'interactive');
    clock.advance(2000);
    scheduler.hold(true);
    ask('another', 'interactive');
    scheduler.release(person);
    clock.advance(10_000);
    expect(heard.at(-1)).toBe('night goes on');
  });

  it('is turned away with all that wait, if nothing can run any more', () => {
    const { clock, scheduler, heard, ask } = house();
    ask('night', 'batch');
    ask('person', 'interactive');
    clock.advance(2000);
    scheduler.turnAwayWaiting(() => new ChatstreamError('engine_unavailable', 'The engine is down.'));
    expect(heard.at(-1)).toBe('night is turned away');
    expect(scheduler.waiting).toBe(0);
  });
});
