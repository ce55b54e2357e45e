import type { RequestOutcome } from '../../client/outcome.js';
import type { Turn } from '../../workload/workload.js';
import type { LoadJob, LoadShape } from '../job/load-job.js';
import { scheduleOf } from './arrivals.js';
import { continueConversation } from './converse.js';
import { InFlightLimit } from './in-flight-limit.js';
import type { LoadRun } from './load-run.js';
import { waitUntil } from './wait-until.js';

/**
 * Sends requests when they are due, whatever happened to earlier ones, like users who act independently of each other.
 * A request's delay is its client wait; the latency that a user would have experienced counts from when it was due.
 *
 * Conversations whose turns wait for answers begin by the schedule and continue at their own pace: a partly-open system
 * (B. Schroeder, A. Wierman, M. Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006).
 */
export async function runOpenLoop(
  shape: Extract<LoadShape, { type: 'open' }>,
  job: Pick<LoadJob, 'worker' | 'workers' | 'warmupMs' | 'requests'>,
  startUs: number,
  load: LoadRun,
): Promise<void> {
  const limit = new InFlightLimit(shape.maxInFlight ?? Infinity);
  /**
   * A request that is held back is created when it is sent, because prompts may be long. Nothing is sent after the
   * bench was stopped.
   */
  const sendWhenThereIsRoom = (
    turn: () => Turn | undefined,
    intendedUs: number,
    phase: 'warm-up' | 'counted',
  ): Promise<RequestOutcome | null> =>
    limit.enter(intendedUs, load.hold, (heldUs) => {
      const due = load.pauses.areOver ? undefined : turn();
      return due === undefined ? Promise.resolve(null) : load.send(due, intendedUs, phase, heldUs);
    });
  const turnsOfArrival = (index: number): readonly Turn[] => {
    const { supply } = load;
    if (supply.arrivalOfTenant !== null) return supply.arrivalOfTenant(index);
    return shape.turnsEach === undefined ? [supply.turnAt(index)] : supply.nextConversation(null);
  };
  const converse = async (index: number, intendedUs: number, phase: 'warm-up' | 'counted'): Promise<void> => {
    let turns: readonly Turn[] = [];
    const takeFirst = (): Turn | undefined => {
      turns = turnsOfArrival(index);
      return turns[0];
    };
    const first = await sendWhenThereIsRoom(takeFirst, intendedUs, phase);
    await continueConversation(turns, first, load, sendWhenThereIsRoom);
  };

  const underWay = new Set<Promise<void>>();
  for (const { index, dueUs } of scheduleOf(shape, job)) {
    const intendedUs = startUs + dueUs;
    await waitUntil(intendedUs, load.pauses);
    const phase = load.window.nextPhase(intendedUs);
    if (phase === 'over') break;
    const begun = converse(index, intendedUs, phase).finally(() => underWay.delete(begun));
    underWay.add(begun);
  }
  // Further turns of conversations may still become due.
  if (shape.turnsEach === undefined) load.window.close();
  await Promise.all(underWay);
}
