import { microsNow } from '../../base/micros.js';
import { scheduleOf } from './arrivals.js';
import { InFlightLimit } from './in-flight-limit.js';
import type { LoadJob, LoadShape } from './load-generator.js';
import type { LoadRun, Pauses } from './load-run.js';

/** By how much a timer may be early or late. */
const timerMs = 1;

/**
 * Sends requests when they are due, whatever happened to earlier ones, like users who act independently of each other.
 * How late a request was sent is its client wait; the latency that a user would have felt counts from when it was due.
 */
export async function runOpenLoop(
  shape: Extract<LoadShape, { type: 'open' }>,
  job: Pick<LoadJob, 'worker' | 'workers' | 'warmupMs' | 'requests'>,
  startUs: number,
  load: LoadRun,
): Promise<void> {
  const inFlight = new Set<Promise<unknown>>();
  const limit = new InFlightLimit(shape.maxInFlight ?? Infinity);
  for (const { index, dueUs } of scheduleOf(shape, job)) {
    const intendedUs = startUs + dueUs;
    await waitUntil(intendedUs, load.pauses);
    const phase = load.window.nextPhase(intendedUs);
    if (phase === 'over') break;
    limit.enter(intendedUs, load.hold, (heldUs) => {
      // The bench was stopped: what is held back is not sent.
      if (load.pauses.areOver) return Promise.resolve();
      const sent = load.send(load.turnAt(index), intendedUs, phase, heldUs).finally(() => inFlight.delete(sent));
      inFlight.add(sent);
      return sent;
    });
  }
  load.window.close();
  await limit.emptied();
  await Promise.all(inFlight);
}

/** Resolves at this moment, or when the pauses are over. */
export async function waitUntil(dueUs: number, pauses: Pauses): Promise<void> {
  for (let leftMs = (dueUs - microsNow()) / 1000; leftMs > 0; leftMs = (dueUs - microsNow()) / 1000) {
    // A timer for the last fraction of a millisecond would be late; an iteration of the event loop is shorter than
    // that.
    if (leftMs > timerMs) await pauses.wait(leftMs - timerMs / 2);
    else await new Promise((resolve) => setImmediate(resolve));
    if (pauses.areOver) return;
  }
}
