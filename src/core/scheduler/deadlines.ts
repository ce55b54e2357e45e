import type { Clock } from '../base/clock.js';
import { Heap, type HeapItem } from '../base/heap.js';
import type { TurningAway } from './jobs/job.js';
import { QueueTimer } from './queue-timer.js';

/** The minimum pause between two checks of a waiting job, in milliseconds: shorter ones would find nothing new. */
const shortestPauseMs = 100;

export interface DeadlineRules<J> {
  /** Whether a waiting job will not start in the time that it has left. */
  readonly isHopeless: (job: J, leftMs: number) => boolean;
  /** Called with each job that will not start in time, once it is no longer watched. */
  readonly onHopeless: (job: J, stage: TurningAway) => void;
}

interface Appointment<J> extends HeapItem {
  readonly job: J;
  readonly deadlineMs: number;
  /** When the job is looked at next. */
  dueMs: number;
}

/**
 * Watches waiting jobs that are useless after their deadline. Each is checked when half of its remaining time has
 * passed, and so on, and at its deadline: about ten times, however long it waits.
 */
export class Deadlines<J> {
  readonly #clock: Clock;
  readonly #rules: DeadlineRules<J>;
  readonly #timer: QueueTimer;
  readonly #appointments = new Map<J, Appointment<J>>();
  readonly #next = new Heap<Appointment<J>>((one, other) => one.dueMs < other.dueMs);

  constructor(clock: Clock, rules: DeadlineRules<J>) {
    this.#clock = clock;
    this.#rules = rules;
    this.#timer = new QueueTimer(clock, () => {
      this.#look();
    });
  }

  /** Checks a job that waits from now on, and again while it does. @param stage of one that is hopeless already */
  watch(job: J, deadlineMs: number, stage: TurningAway): void {
    const leftMs = deadlineMs - this.#clock.now();
    if (this.#isOver(job, leftMs)) {
      this.#rules.onHopeless(job, stage);
      return;
    }
    const appointment = { job, deadlineMs, dueMs: this.#nextLookMs(deadlineMs, leftMs), heapIndex: -1 };
    this.#appointments.set(job, appointment);
    this.#next.add(appointment);
    this.#watchFirst();
  }

  /** Ignores a job that is not watched. */
  unwatch(job: J): void {
    const appointment = this.#appointments.get(job);
    if (appointment === undefined) return;
    this.#appointments.delete(job);
    this.#next.remove(appointment);
  }

  #look(): void {
    const nowMs = this.#clock.now();
    for (let { first } = this.#next; first !== undefined && first.dueMs <= nowMs; first = this.#next.first) {
      const leftMs = first.deadlineMs - nowMs;
      if (this.#isOver(first.job, leftMs)) {
        this.unwatch(first.job);
        this.#rules.onHopeless(first.job, 'waiting');
      } else {
        first.dueMs = this.#nextLookMs(first.deadlineMs, leftMs);
        this.#next.moved(first);
      }
    }
    this.#watchFirst();
  }

  #isOver(job: J, leftMs: number): boolean {
    return leftMs <= 0 || this.#rules.isHopeless(job, leftMs);
  }

  #nextLookMs(deadlineMs: number, leftMs: number): number {
    return Math.min(deadlineMs, deadlineMs - leftMs + Math.max(shortestPauseMs, leftMs / 2));
  }

  #watchFirst(): void {
    const { first } = this.#next;
    if (first === undefined) this.#timer.cancel();
    else this.#timer.watch(first.dueMs);
  }
}
