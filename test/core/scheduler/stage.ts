import fc from 'fast-check';
import { ChatstreamError, type ErrorCode } from '../../../src/core/base/errors.js';
import type { SchedulerEvent } from '../../../src/core/scheduler/jobs/job.js';
import { Scheduler, type SchedulerLimits, type SchedulerOptions } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { NamedJob } from './jobs.js';

/** What the owner of a scheduler can do at any time, also while it handles an event. */
export type Reaction =
  | { readonly do: 'admit' }
  | { readonly do: 'release'; readonly pick: number }
  | { readonly do: 'withdraw'; readonly pick: number }
  | { readonly do: 'resize'; readonly limits: Partial<SchedulerLimits> }
  | { readonly do: 'drain' };

export type Action = Reaction | { readonly do: 'advance'; readonly ms: number };

export interface Script {
  readonly options: SchedulerOptions;
  readonly actions: readonly Action[];
  /** What a listener does at its first call, its second call and so on. */
  readonly reactions: readonly (readonly Reaction[])[];
}

/** What happened, in order, with the two queues as they were just before, by the stage's own records. */
export type Entry = Moment &
  (
    | { readonly type: 'admitted'; readonly id: string }
    | { readonly type: 'refused'; readonly error: ChatstreamError }
    | { readonly type: 'started'; readonly id: string; readonly waitedMs: number }
    | {
        readonly type: 'turned away';
        readonly id: string;
        readonly waitedMs: number;
        readonly error: ChatstreamError;
      }
    | { readonly type: 'withdrawn'; readonly id: string }
    | { readonly type: 'released'; readonly id: string }
  );

export interface Moment {
  readonly atMs: number;
  readonly limits: SchedulerLimits;
  readonly running: readonly string[];
  readonly waiting: readonly string[];
  readonly draining: boolean;
}

/**
 * A scheduler whose owner follows a script and keeps records of its own: plain arrays, changed only by what the owner
 * did and was told.
 */
export class Stage {
  readonly clock = new VirtualClock();
  readonly scheduler: Scheduler<NamedJob>;
  readonly history: Entry[] = [];
  #running: readonly string[] = [];
  #waiting: readonly string[] = [];
  #limits: SchedulerLimits;
  #draining = false;
  #drained = 0;
  #drains: Promise<void>[] = [];
  readonly #jobs = new Map<string, NamedJob>();
  readonly #reactions: (readonly Reaction[])[];

  constructor(options: SchedulerOptions, reactions: Script['reactions'] = []) {
    this.#limits = { maxConcurrency: options.maxConcurrency, maxQueue: options.maxQueue };
    this.#reactions = [...reactions];
    this.scheduler = new Scheduler<NamedJob>(options, this.clock);
    this.scheduler.events((event) => {
      this.#hear(event);
    });
  }

  get now(): Moment {
    return {
      atMs: this.clock.now(),
      limits: this.#limits,
      running: this.#running,
      waiting: this.#waiting,
      draining: this.#draining,
    };
  }

  /** How many of the drains asked for have resolved. */
  async drained(): Promise<{ asked: number; ended: number }> {
    await Promise.resolve();
    return { asked: this.#drains.length, ended: this.#drained };
  }

  /** The job of this name. */
  jobOf(id: string): NamedJob {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new Error(`There was never a ${id}.`);
    return job;
  }

  perform(action: Action): void {
    switch (action.do) {
      case 'admit':
        this.#admit();
        return;
      case 'release':
        this.#release(pickFrom(this.#running, action.pick));
        return;
      case 'withdraw':
        this.#withdraw(pickFrom([...this.#running, ...this.#waiting], action.pick));
        return;
      case 'resize':
        this.#limits = { ...this.#limits, ...action.limits };
        this.scheduler.resize(action.limits);
        return;
      case 'drain':
        this.#draining = true;
        this.#drains.push(
          this.scheduler.drain().then(() => {
            this.#drained += 1;
          }),
        );
        return;
      case 'advance':
        this.clock.advance(action.ms);
    }
  }

  /** Drains, and ends what runs. */
  finish(): void {
    this.perform({ do: 'drain' });
    while (this.#running.length > 0) this.perform({ do: 'release', pick: 0 });
  }

  #admit(): void {
    const id = `job ${this.#jobs.size}`;
    const job = new NamedJob(id);
    this.#jobs.set(id, job);
    const before = this.now;
    // Recorded beforehand, because the job may start before `admit` returns.
    this.history.push({ ...before, type: 'admitted', id });
    this.#waiting = [...this.#waiting, id];
    try {
      this.scheduler.admit(job);
    } catch (error) {
      if (!(error instanceof ChatstreamError)) throw error;
      this.history.pop();
      this.#waiting = before.waiting;
      this.history.push({ ...before, type: 'refused', error });
    }
  }

  #release(id: string | undefined): void {
    if (id === undefined) return;
    this.history.push({ ...this.now, type: 'released', id });
    this.#running = without(this.#running, id);
    this.scheduler.release(this.jobOf(id));
  }

  #withdraw(id: string | undefined): void {
    if (id === undefined) return;
    const state = this.#running.includes(id) ? 'running' : 'waiting';
    this.history.push({ ...this.now, type: state === 'running' ? 'released' : 'withdrawn', id });
    this.#running = without(this.#running, id);
    this.#waiting = without(this.#waiting, id);
    const answer = this.scheduler.withdraw(this.jobOf(id));
    if (answer !== state) throw new Error(`${id} was ${state}, and the scheduler says ${answer}.`);
  }

  #hear(event: SchedulerEvent<NamedJob>): void {
    if (event.type === 'moved') return;
    if (event.type === 'paused' || event.type === 'resumed') throw new Error('Nobody asked for that.');
    const { job, waitedMs } = event;
    const id = job.name;
    if (job !== this.jobOf(id)) throw new Error(`${id} came as another job.`);
    if (event.type === 'started') {
      this.history.push({ ...this.now, type: 'started', id, waitedMs });
      this.#running = [...this.#running, id];
    } else {
      this.history.push({ ...this.now, type: 'turned away', id, waitedMs, error: event.error });
    }
    this.#waiting = without(this.#waiting, id);
    for (const reaction of this.#reactions.shift() ?? []) this.perform(reaction);
  }
}

/** Plays the script, calling `check` after every action. */
export function play(script: Script, check: (stage: Stage) => void = () => undefined): Stage {
  const stage = new Stage(script.options, script.reactions);
  for (const action of script.actions) {
    stage.perform(action);
    check(stage);
  }
  return stage;
}

export function entriesOf<Type extends Entry['type']>(stage: Stage, type: Type): Extract<Entry, { type: Type }>[] {
  return stage.history.filter((entry): entry is Extract<Entry, { type: Type }> => entry.type === type);
}

export function codesOf(entries: readonly { readonly error: ChatstreamError }[]): ErrorCode[] {
  return entries.map(({ error }) => error.code);
}

const maxConcurrency = fc.integer({ min: 1, max: 5 });
const maxQueue = fc.integer({ min: 0, max: 8 });
const pick = fc.nat({ max: 20 });

const admit = fc.constant<Reaction>({ do: 'admit' });
const release = pick.map((pick): Reaction => ({ do: 'release', pick }));
const withdraw = pick.map((pick): Reaction => ({ do: 'withdraw', pick }));
const resize = fc
  .record({ maxConcurrency, maxQueue }, { requiredKeys: [] })
  .map((limits): Reaction => ({ do: 'resize', limits }));
const drain = fc.constant<Reaction>({ do: 'drain' });
const advance = fc.integer({ min: 0, max: 800 }).map((ms): Action => ({ do: 'advance', ms }));
/** Gives round numbers, with which rounding errors show. */
const advanceSeconds = fc
  .integer({ min: 0, max: 30 })
  .map((seconds): Action => ({ do: 'advance', ms: seconds * 1000 }));

const reaction = fc.oneof(
  { weight: 7, arbitrary: admit },
  { weight: 2, arbitrary: release },
  { weight: 1, arbitrary: withdraw },
  { weight: 1, arbitrary: resize },
);

export interface ScriptShape {
  /** Longest wait in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs?: fc.Arbitrary<number>;
  /** Whether listeners act while they handle an event. */
  readonly reacting?: boolean;
  /** Whether a drain may happen in the middle. */
  readonly draining?: boolean;
  /** Whether time advances in whole seconds, up to half a minute. */
  readonly slow?: boolean;
}

/** Random lives of a scheduler. */
export function scripts(shape: ScriptShape = {}): fc.Arbitrary<Script> {
  const queueTimeoutMs = shape.queueTimeoutMs ?? fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2000 }));
  const pace = shape.slow === true ? advanceSeconds : advance;
  const action = fc.oneof({ weight: 10, arbitrary: reaction }, { weight: 3, arbitrary: pace });
  const rarely = { weight: 1, arbitrary: drain };
  const actions = shape.draining === true ? fc.oneof({ weight: 60, arbitrary: action }, rarely) : action;
  const reactions = shape.draining === true ? fc.oneof({ weight: 30, arbitrary: reaction }, rarely) : reaction;
  return fc.record({
    options: fc.record({ maxConcurrency, maxQueue, queueTimeoutMs }),
    actions: fc.array(actions, { maxLength: 80, size: 'max' }),
    reactions:
      shape.reacting === true
        ? fc.array(fc.array(reactions, { maxLength: 3 }), { maxLength: 30, size: 'max' })
        : fc.constant([]),
  });
}

function pickFrom(ids: readonly string[], pick: number): string | undefined {
  return ids[pick % Math.max(1, ids.length)];
}

function without(ids: readonly string[], id: string): string[] {
  return ids.filter((other) => other !== id);
}
