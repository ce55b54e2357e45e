import type { Clock } from '../base/clock.js';
import { Drain } from '../base/drain.js';
import type { Emitter } from '../base/emitter.js';
import type { ChatstreamError } from '../base/errors.js';
import type { FairLine } from './fair-line.js';
import type { Job, SchedulerEvent, TurningAway } from './jobs/job.js';
import type { JobLine } from './line/job-line.js';
import type { Occupancy } from './occupancy.js';

export interface DeparturesOptions<J extends Job> {
  readonly line: JobLine<J>;
  /** `line` itself if several keys share it; null otherwise. */
  readonly fairLine: FairLine<J> | null;
  readonly occupancy: Occupancy<J>;
  /** Called before a job leaves. */
  readonly onLeaving: (job: J) => void;
  readonly events: Emitter<SchedulerEvent<J>>;
}

/**
 * How waiting jobs leave the line other than by starting: one by one, all at once, or because nothing more should
 * begin.
 */
export class Departures<J extends Job> {
  readonly #line: JobLine<J>;
  readonly #fairLine: FairLine<J> | null;
  readonly #occupancy: Occupancy<J>;
  readonly #onLeaving: (job: J) => void;
  readonly #events: Emitter<SchedulerEvent<J>>;
  readonly #clock: Clock;
  readonly #drain: Drain;

  constructor({ line, fairLine, occupancy, onLeaving, events }: DeparturesOptions<J>, clock: Clock) {
    this.#line = line;
    this.#fairLine = fairLine;
    this.#occupancy = occupancy;
    this.#onLeaving = onLeaving;
    this.#events = events;
    this.#clock = clock;
    this.#drain = new Drain(() => occupancy.running + line.size === 0);
  }

  /** Its owner withdraws a waiting job. */
  leave(job: J): void {
    job.status = 'gone';
    this.#occupancy.queuedTokens -= job.demand.promptTokens;
    this.#onLeaving(job);
    this.#line.leave(job);
  }

  /** @param makeError called after the job has left, so that the job does not count towards its own retry time */
  turnAway(job: J, stage: TurningAway, makeError: () => ChatstreamError): void {
    this.leave(job);
    const waitedMs = this.#clock.now() - job.admittedMs;
    this.#events.emit({ type: 'turned_away', job, stage, waitedMs, error: makeError() });
  }

  /** Turns away all waiting jobs, and paused ones only if requested. */
  turnAllAway(makeError: () => ChatstreamError, { arePausedToo }: { readonly arePausedToo: boolean }): void {
    const line = this.#line;
    for (let { oldest } = line; oldest !== undefined; oldest = line.oldest) this.turnAway(oldest, 'waiting', makeError);
    const paused = arePausedToo ? [...(this.#fairLine?.paused ?? [])] : [];
    for (const job of paused) this.turnAway(job, 'waiting', makeError);
  }

  /** Turns away all jobs that have not started, and resolves when the others have ended. */
  drain(makeError: () => ChatstreamError): Promise<void> {
    this.#occupancy.draining = true;
    this.turnAllAway(makeError, { arePausedToo: false });
    return this.#drain.begin();
  }

  /** Must be called when a job has ended or left. */
  settle(): void {
    if (this.#occupancy.draining) this.#drain.settle();
  }
}
