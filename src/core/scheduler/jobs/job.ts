import type { ChatstreamError } from '../../base/errors.js';
import type { Standing } from '../line/waiting-line.js';
import { type Demand, unknownDemand } from './demand.js';
import type { Ticket } from './key-account.js';

/** What was expected of a waiting job. */
export interface Expectation {
  readonly atMs: number;
  /** Whether it was the first of its key then. */
  readonly isFirst: boolean;
  /** As if no other job came. */
  readonly waitMs: number;
}

/** The progress of a job. Its times are as if it had never been paused. */
export interface Run {
  startedMs: number;
  /** Null before its first token, and where its tokens came all at once, so that nothing says when the first was generated. */
  firstTokenMs: number | null;
  outputTokens: number;
  /** When it was paused, until it gets its next token; null otherwise. */
  pausedMs: number | null;
}

/**
 * One piece of work while it waits for a slot or occupies one. Its owner extends this class with the work itself; the
 * fields here belong to the scheduler.
 *
 * A job is created before it is admitted, so that its owner already has it when it starts before `admit` returns. The
 * owner passes it to every operation, so that no operation has to look it up among all the others. A job is admitted
 * once.
 *
 * The class is flat and its fields are assigned in one order, so that all jobs of one owner have the same layout in
 * memory.
 */
export class Job implements Standing {
  /** `paused` while it waits after it has run; `gone` after it was released, withdrawn or turned away. */
  status: 'new' | 'waiting' | 'running' | 'paused' | 'gone' = 'new';
  place = -1;
  /** When it was admitted. Not a number until then, so that V8 reserves the field for a fractional number. */
  admittedMs = Number.NaN;
  /** What its key has paid for it, where several keys share the queue. */
  ticket: Ticket<this> | null = null;
  /** The time on the clock after which there is no use in starting it; null for none. */
  readonly deadlineMs: number | null = null;
  /**
   * Places that it needs, all of them at once, 1 or more. One that needs more than there are starts when all are free. With
   * reserves, it has to fit into the places that all may use.
   */
  readonly places: number = 1;
  /** Whether it can later continue from its progress. */
  readonly canPause: boolean = true;
  /** Whether none of its tokens is visible before all of them are. */
  readonly isSilent: boolean = false;
  /** The expected work of the job while it waits: see `StartEstimates.workOf`. */
  work = 0;
  /** The first wait that was expected for it, and when. */
  expectation: Expectation | null = null;
  /** What it has got while it runs. */
  run: Run | null = null;

  /** The same for as long as it waits and runs. */
  get demand(): Demand {
    return unknownDemand;
  }

  /**
   * Its output tokens, which have been counted, came all at once.
   *
   * @param firstTokenMs when the first of them was generated, on the clock; null if nothing says so
   */
  cameAtOnce(firstTokenMs: number | null): void {
    const { run } = this;
    if (run === null || run.outputTokens === 0) return;
    run.firstTokenMs = firstTokenMs === null ? null : Math.max(run.startedMs, firstTokenMs);
  }
}

/** When a job is turned away: instead of beginning to wait, or after it has waited. */
export type TurningAway = 'arrival' | 'waiting';

/**
 * What the scheduler tells its owner. Every admitted job is either `started` or `turned_away`, unless it is withdrawn.
 * A started job may be `paused`, and is then `resumed`, `turned_away` or withdrawn.
 */
export type SchedulerEvent<J extends Job> =
  | { readonly type: 'started'; readonly job: J; readonly waitedMs: number }
  /** It has given up its place, which is free from now on. */
  | { readonly type: 'paused'; readonly job: J }
  | { readonly type: 'resumed'; readonly job: J }
  | {
      readonly type: 'turned_away';
      readonly job: J;
      readonly stage: TurningAway;
      readonly waitedMs: number;
      readonly error: ChatstreamError;
    }
  /** Waiting jobs may have moved up. */
  | { readonly type: 'moved' };

/**
 * What a waiting job waits for: a slot, a slot that is not reserved for others, or the end of another job of its own
 * key.
 */
export type WaitReason = 'slot' | 'reserve' | 'key';

/** Where a waiting job stands now. */
export interface WaitingView {
  /** 1 is the next to start. Each job before it counts as the places that it needs. */
  readonly position: number;
  /** Expected time until it starts, in milliseconds; null until a job has ended. */
  readonly etaMs: number | null;
}

/** One entry of the list of all waiting jobs. */
export interface QueueEntry<J extends Job> extends WaitingView {
  readonly job: J;
  readonly waitedMs: number;
}
