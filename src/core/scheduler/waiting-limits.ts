import type { Clock } from '../base/clock.js';
import { deadlineError, queueTimeoutError, ttftTargetError } from '../base/refusals/queue-refusals.js';
import { Deadlines } from './deadlines.js';
import type { Departures } from './departures.js';
import type { StartEstimates } from './estimates/start-estimates.js';
import type { Job, TurningAway } from './jobs/job.js';
import type { JobLine } from './line/job-line.js';
import { QueueTimer, timerToleranceMs } from './queue-timer.js';

export interface WaitingLimitsOptions<J extends Job> {
  readonly line: JobLine<J>;
  readonly estimates: StartEstimates<J>;
  /** Longest wait in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs: number;
  /** See `SchedulerOptions`. */
  readonly ttftTargetMs: number | null;
  readonly retryAfterSeconds: () => number;
  readonly departures: Pick<Departures<J>, 'turnAway'>;
  /** Called after some have been turned away. */
  readonly onMoved: () => void;
}

/**
 * How long jobs wait: no longer than all may, and only while they can still start before their own deadlines and early enough
 * for the target.
 */
export class WaitingLimits<J extends Job> {
  readonly #clock: Clock;
  readonly #options: WaitingLimitsOptions<J>;
  readonly #timer: QueueTimer;
  readonly #deadlines: Deadlines<J>;
  /** The deadlines that `--ttft-target` sets. */
  readonly #targets: Deadlines<J>;

  constructor(options: WaitingLimitsOptions<J>, clock: Clock) {
    this.#clock = clock;
    this.#options = options;
    const { line, estimates, retryAfterSeconds, departures, onMoved } = options;
    const isHopeless = (job: J, leftMs: number): boolean =>
      (estimates.pausesMs(job) ?? Infinity) > leftMs &&
      line.isLate(job, (position, workAhead) => (estimates.slotMs(job, position, workAhead) ?? 0) > leftMs);
    this.#timer = new QueueTimer(clock, () => {
      this.#turnAwayLate();
    });
    this.#deadlines = new Deadlines(clock, {
      isHopeless,
      onHopeless: (job, stage) => {
        departures.turnAway(job, stage, () => deadlineError(retryAfterSeconds()));
        onMoved();
      },
    });
    this.#targets = new Deadlines(clock, {
      isHopeless,
      onHopeless: (job, stage) => {
        this.#missTarget(job, stage);
      },
    });
  }

  /** Turns a job away whose deadline has passed before it came. @returns whether it has */
  turnAwayPast(job: J, stage: TurningAway): boolean {
    const { retryAfterSeconds, departures } = this.#options;
    if (job.deadlineMs === null || job.deadlineMs > this.#clock.now()) return false;
    departures.turnAway(job, stage, () => deadlineError(retryAfterSeconds()));
    return true;
  }

  /** Has to be called when a job begins to wait. It may be turned away at once. Ignores one that no longer waits. */
  watch(job: J, stage: TurningAway): void {
    if (job.status === 'waiting' && job.deadlineMs !== null) this.#deadlines.watch(job, job.deadlineMs, stage);
  }

  /** Turns a job away that has begun to wait, at once or later, as soon as its first token is expected too late. */
  keepToTarget(job: J, stage: TurningAway): void {
    const { line, estimates, ttftTargetMs } = this.#options;
    if (ttftTargetMs === null || job.status !== 'waiting') return;
    // What is expected of it is compared with what comes.
    estimates.viewIn(line, job);
    const startByMs = job.admittedMs + ttftTargetMs - estimates.prefillMs(job.demand);
    this.#targets.watch(job, startByMs, stage);
  }

  /** Has to be called before a job no longer waits. */
  unwatch(job: J): void {
    if (job.deadlineMs !== null) this.#deadlines.unwatch(job);
    if (this.#options.ttftTargetMs !== null) this.#targets.unwatch(job);
  }

  /** Has to be called when another job may have become the one that has waited longest. */
  watchOldest(): void {
    const { line, queueTimeoutMs } = this.#options;
    const { oldest } = line;
    if (oldest === undefined) this.#timer.cancel();
    else if (queueTimeoutMs > 0) this.#timer.watch(oldest.admittedMs + queueTimeoutMs);
  }

  #missTarget(job: J, stage: TurningAway): void {
    const { line, estimates, ttftTargetMs, departures, onMoved } = this.#options;
    if (ttftTargetMs === null) return;
    // Read before the job leaves the line: afterwards, it has no expected start.
    const { etaMs } = estimates.viewIn(line, job);
    const waitedMs = stage === 'arrival' ? 0 : this.#clock.now() - job.admittedMs;
    const leftMs = etaMs === null ? null : etaMs + estimates.prefillMs(job.demand);
    departures.turnAway(job, stage, () => ttftTargetError({ waitedMs, leftMs }, ttftTargetMs));
    onMoved();
  }

  #turnAwayLate(): void {
    const { line, queueTimeoutMs, retryAfterSeconds, departures, onMoved } = this.#options;
    const now = this.#clock.now();
    let moved = false;
    for (let { oldest } = line; oldest !== undefined; oldest = line.oldest) {
      if (now - oldest.admittedMs < queueTimeoutMs - timerToleranceMs) break;
      departures.turnAway(oldest, 'waiting', () => queueTimeoutError(queueTimeoutMs, retryAfterSeconds()));
      moved = true;
    }
    if (moved) onMoved();
    this.watchOldest();
  }
}
