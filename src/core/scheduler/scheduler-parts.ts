import type { Clock } from '../base/clock.js';
import type { Emitter } from '../base/emitter.js';
import { Departures } from './departures.js';
import { StartEstimates } from './estimates/start-estimates.js';
import { FairLine } from './fair-line.js';
import type { Job, SchedulerEvent } from './jobs/job.js';
import type { JobLine } from './line/job-line.js';
import { WaitingLine } from './line/waiting-line.js';
import { Occupancy } from './occupancy.js';
import { QueueRoom } from './queue-room.js';
import type { SchedulerOptions } from './scheduler-options.js';
import { Starter } from './starter.js';
import { WaitingLimits } from './waiting-limits.js';

/** What a scheduler is made of. */
export interface SchedulerParts<J extends Job> {
  readonly line: JobLine<J>;
  /** `line` itself if several keys share it; null otherwise. */
  readonly fairLine: FairLine<J> | null;
  readonly occupancy: Occupancy<J>;
  readonly estimates: StartEstimates<J>;
  readonly room: QueueRoom;
  readonly starter: Starter<J>;
  readonly departures: Departures<J>;
  readonly waits: WaitingLimits<J>;
  /** When a refused caller should try again: when all waiting jobs and its own would have started. 1 to 60 s. */
  readonly retryAfterSeconds: () => number;
  /** Says that places in the line may have changed, if jobs wait there. */
  readonly moved: () => void;
}

/**
 * Makes the parts and joins them. All work on one line and one count of what runs:
 *
 * ```text
 *  room ── may it be admitted? ─▶ line ─▶ starter ─▶ runs         occupancy: what runs and waits
 *                                   │                             estimates: when a waiting job starts
 *                                   └─ waits: too late? ─▶ departures
 * ```
 *
 * @param events where the parts report
 * @param former of the scheduler that this one replaces; its measurements and the accounts of keys are taken over
 */
export function schedulerParts<J extends Job>(
  options: SchedulerOptions,
  clock: Clock,
  events: Emitter<SchedulerEvent<J>>,
  former: Pick<SchedulerParts<J>, 'fairLine' | 'estimates'> | null,
): SchedulerParts<J> {
  const { maxConcurrency, maxQueue, queueTimeoutMs, maxQueuedTokens = null, ttftTargetMs = null, fair } = options;
  const fairLine = fair === undefined ? null : new FairLine<J>(fair, maxConcurrency, clock, former?.fairLine ?? null);
  const line: JobLine<J> = fairLine ?? new WaitingLine<J>();
  const { reserves = null } = fairLine?.keys ?? {};
  const occupancy = new Occupancy({ maxConcurrency, maxQueue, maxQueuedTokens }, line, reserves);
  const startsByMs = (job: J): number | null => starter.startsByMs(job);
  const estimates = new StartEstimates(fair?.policy === 'fair', clock, startsByMs, former?.estimates ?? null);
  const retryAfterSeconds = (): number => estimates.retryAfterSeconds(line.places);
  const moved = (): void => {
    if (line.size > 0) events.emit({ type: 'moved' });
  };
  const shared = {
    ...{ line, fairLine, occupancy, estimates, events },
    onLeaving: (job: J) => {
      waits.unwatch(job);
    },
  };
  const starter = new Starter({ ...shared, preemptAfterMs: fair?.preemptAfterMs ?? null }, clock);
  const departures = new Departures(shared, clock);
  const onMoved = (): void => {
    starter.fill();
    moved();
  };
  const waits = new WaitingLimits(
    { ...shared, departures, queueTimeoutMs, ttftTargetMs, retryAfterSeconds, onMoved },
    clock,
  );
  const room = new QueueRoom(occupancy, (payer) => fairLine?.keys.roomOf(payer) ?? null, retryAfterSeconds);
  return { line, fairLine, occupancy, estimates, room, starter, departures, waits, retryAfterSeconds, moved };
}
