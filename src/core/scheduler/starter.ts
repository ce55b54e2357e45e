import type { Clock } from '../base/clock.js';
import type { Emitter } from '../base/emitter.js';
import type { StartEstimates } from './estimates/start-estimates.js';
import type { FairLine } from './fair-line.js';
import type { Job, SchedulerEvent } from './jobs/job.js';
import type { JobLine } from './line/job-line.js';
import type { Occupancy } from './occupancy.js';
import { Preemption } from './preemption.js';

export interface StarterOptions<J extends Job> {
  readonly line: JobLine<J>;
  /** `line` itself if several keys share it; null otherwise. */
  readonly fairLine: FairLine<J> | null;
  readonly occupancy: Occupancy<J>;
  readonly estimates: StartEstimates<J>;
  /** See `FairOptions`. */
  readonly preemptAfterMs: number | null;
  /** Called before the event of a start. */
  readonly onLeaving: (job: J) => void;
  readonly events: Emitter<SchedulerEvent<J>>;
}

/** Takes jobs out of the line when there are places for them, and pauses some to make places. */
export class Starter<J extends Job> {
  readonly #options: StarterOptions<J>;
  readonly #clock: Clock;
  readonly #preemption: Preemption<J> | null;
  #isFilling = false;

  constructor(options: StarterOptions<J>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    const { fairLine, preemptAfterMs } = options;
    const onDue = (): void => {
      this.fill();
    };
    this.#preemption =
      fairLine === null || preemptAfterMs === null ? null : new Preemption(fairLine, preemptAfterMs, clock, onDue);
  }

  /** Starts jobs while any may start. Not recursive: a listener may release its job while it handles the event. */
  fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    let hasStarted = false;
    try {
      for (let job = this.#next(); job !== undefined; job = this.#next()) {
        this.#start(job);
        hasStarted = true;
      }
    } finally {
      this.#isFilling = false;
    }
    if (hasStarted && this.#options.line.size > 0) this.#options.events.emit({ type: 'moved' });
  }

  /** The time on the clock by which a waiting job gets the place of one that is paused; null if that is not certain. */
  startsByMs(job: J): number | null {
    const { freePlaces, places, isClosed } = this.#options.occupancy;
    return isClosed ? null : (this.#preemption?.startsByMs(job, freePlaces, places) ?? null);
  }

  /**
   * Takes the next job to start out of the line. During a drain only paused ones continue, even if a slot becomes free while
   * waiting jobs are being turned away.
   */
  #next(): J | undefined {
    const { line, fairLine, occupancy } = this.#options;
    const { freePlaces, places, isClosed } = occupancy;
    if (isClosed) return freePlaces > 0 ? fairLine?.nextPaused(freePlaces, places) : undefined;
    const next = freePlaces > 0 ? line.next(freePlaces, places) : undefined;
    if (next !== undefined || this.#preemption === null) return next;
    const preempted = this.#preemption.next(freePlaces, places);
    if (preempted !== null) this.#pause(preempted.paused);
    return preempted?.started;
  }

  #pause(job: J): void {
    const { occupancy, estimates, events } = this.#options;
    job.status = 'paused';
    occupancy.running -= job.places;
    occupancy.queuedTokens += job.demand.promptTokens;
    estimates.paused(job);
    events.emit({ type: 'paused', job });
  }

  #start(job: J): void {
    const { occupancy, estimates, onLeaving, events } = this.#options;
    const waitedMs = this.#clock.now() - job.admittedMs;
    const wasPaused = job.status === 'paused';
    job.status = 'running';
    occupancy.running += job.places;
    occupancy.queuedTokens -= job.demand.promptTokens;
    onLeaving(job);
    estimates.started(job);
    events.emit(wasPaused ? { type: 'resumed', job } : { type: 'started', job, waitedMs });
  }
}
