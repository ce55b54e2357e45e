import type { ChatstreamError } from '../base/errors.js';
import type { Ticket } from './ticket.js';

/** What the scheduler tells its owner. Every admitted job gets either `started` or `turned_away`, unless it withdraws. */
export type SchedulerEvent<Job> =
  | { readonly type: 'started'; readonly ticket: Ticket<Job>; readonly waitedMs: number }
  | {
      readonly type: 'turned_away';
      readonly ticket: Ticket<Job>;
      readonly waitedMs: number;
      readonly error: ChatstreamError;
    }
  /** Waiting jobs may have moved up. */
  | { readonly type: 'moved' };
