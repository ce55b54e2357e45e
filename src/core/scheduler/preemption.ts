import type { Clock } from '../base/clock.js';
import { ChatstreamError } from '../base/errors.js';
import type { FairOptions } from './fairness/fair-options.js';
import type { Preempted } from './fairness/paused-jobs.js';
import type { Job } from './jobs/job.js';
import { QueueTimer, timerToleranceMs } from './queue-timer.js';

/** @throws ChatstreamError `usage` for a policy that does not know classes */
export function checkPreemption({
  policy,
  preemptAfterMs = null,
}: Pick<FairOptions, 'policy' | 'preemptAfterMs'>): void {
  if (preemptAfterMs === null || policy === 'fair') return;
  throw new ChatstreamError('usage', '--preempt-batch-after has no effect with --queue-policy fifo.', {
    hint: 'Use --queue-policy fair, or leave it out.',
  });
}

/** A line in which running jobs can give up their places; see FairLine. */
interface PreemptibleLine<J extends Job> {
  interactiveSinceMs(free: number, all: number): number | null;
  pausedForSinceMs(job: J, free: number, all: number): number | null;
  preempt(): Preempted<J> | null;
}

/** When running `batch` jobs give up their places: as soon as the interactive job that would start next has waited for so long. */
export class Preemption<J extends Job> {
  readonly #line: PreemptibleLine<J>;
  readonly #afterMs: number;
  readonly #clock: Clock;
  readonly #timer: QueueTimer;

  /** @param onDue called when {@link next} should be called again */
  constructor(line: PreemptibleLine<J>, afterMs: number, clock: Clock, onDue: () => void) {
    this.#line = line;
    this.#afterMs = afterMs;
    this.#clock = clock;
    this.#timer = new QueueTimer(clock, onDue);
  }

  /**
   * Has to be called when nothing else can start.
   *
   * @param free places
   * @param all places, free or not
   * @returns null if no job has to give up its place now
   */
  next(free: number, all: number): Preempted<J> | null {
    const sinceMs = this.#line.interactiveSinceMs(free, all);
    if (sinceMs === null) {
      this.#timer.cancel();
      return null;
    }
    const dueMs = sinceMs + this.#afterMs;
    if (dueMs <= this.#clock.now() + timerToleranceMs) return this.#line.preempt();
    this.#timer.watch(dueMs);
    return null;
  }

  /**
   * The time on the clock by which a waiting job starts because a running one gives up its place; null if that is not certain.
   *
   * @param free places
   * @param all places, free or not
   */
  startsByMs(job: J, free: number, all: number): number | null {
    const sinceMs = this.#line.pausedForSinceMs(job, free, all);
    return sinceMs === null ? null : sinceMs + this.#afterMs;
  }
}
