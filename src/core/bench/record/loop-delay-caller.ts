import { parentPort, workerData } from 'node:worker_threads';
import { microsNow } from '../../base/micros.js';

/**
 * The thread that {@link LoopDelay} starts. While cell 0 is 1, it calls after random pauses, and reports when the call
 * was planned and when it was made. The pauses are exponential, so that calls are as likely at one moment as at any
 * other, whatever rhythm the load has.
 */

/** When a call was planned and when it was made, in microseconds of the common clock. */
export type LoopCall = readonly [plannedUs: number, calledUs: number];

/** Mean time between two calls: 250 calls per second cost the event loop less than a hundredth of a core. */
const meanEveryMs = 4;

/** Blocks this thread while it should not call, calls while it should, and returns when it should end. */
function callUntilEnd(cells: Int32Array): void {
  while (Atomics.load(cells, 0) !== 2) {
    Atomics.wait(cells, 0, 0);
    let plannedUs = microsNow();
    while (Atomics.load(cells, 0) === 1) {
      plannedUs -= Math.log(1 - Math.random()) * meanEveryMs * 1000;
      const leftMs = (plannedUs - microsNow()) / 1000;
      if (leftMs > 0) Atomics.wait(cells, 1, 0, leftMs);
      const call: LoopCall = [plannedUs, microsNow()];
      parentPort?.postMessage(call);
    }
  }
}

const cells: unknown = workerData;
if (!(cells instanceof Int32Array)) throw new Error('The thread was started without its shared cells.');
callUntilEnd(cells);
