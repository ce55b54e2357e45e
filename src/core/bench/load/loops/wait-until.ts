import { microsNow } from '../../../base/micros.js';
import type { Pauses } from './load-run.js';

/** How early or late a timer may be. */
const timerMs = 1;

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
