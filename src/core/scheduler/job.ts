import type { ChatstreamError } from '../base/errors.js';
import { type Demand, unknownDemand } from './demand.js';
import type { Ticket } from './key-account.js';
import type { Standing } from './waiting-line.js';

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
  /** `gone` after it was released, withdrawn or turned away. */
  status: 'new' | 'waiting' | 'running' | 'gone' = 'new';
  place = -1;
  /** When it was admitted. Not a number until then, so that V8 reserves the field for a fractional number. */
  admittedMs = Number.NaN;
  /** What its key has paid for it, where several keys share the queue. */
  ticket: Ticket<this> | null = null;

  /** The same for as long as it waits and runs. */
  get demand(): Demand {
    return unknownDemand;
  }
}

/** What the scheduler tells its owner. Every admitted job is either `started` or `turned_away`, unless it is withdrawn. */
export type SchedulerEvent<J extends Job> =
  | { readonly type: 'started'; readonly job: J; readonly waitedMs: number }
  | { readonly type: 'turned_away'; readonly job: J; readonly waitedMs: number; readonly error: ChatstreamError }
  /** Waiting jobs may have moved up. */
  | { readonly type: 'moved' };

/** Where a waiting job stands now. */
export interface WaitingView {
  /** 1 is the next to start. */
  readonly position: number;
  /** Expected time until it starts, from measured releases; null until there has been one. */
  readonly etaMs: number | null;
}

/** One entry of the list of all waiting jobs. */
export interface QueueEntry<J extends Job> extends WaitingView {
  readonly job: J;
  readonly waitedMs: number;
}
