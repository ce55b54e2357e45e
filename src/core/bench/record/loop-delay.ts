import { Worker } from 'node:worker_threads';
import { microsNow } from '../../base/micros.js';
import { LatencyHistogram } from '../../measurement/histogram.js';

/** Mean time between two calls: 250 a second cost the loop less than a hundredth of a core. */
const meanEveryMs = 4;

/**
 * The caller: while cell 0 is 1, it calls after random pauses, and says for when the call was planned and when it was made. Pauses are
 * exponential, so that calls come as likely at one moment as at any other, whatever rhythm the load has. Source text,
 * because a file of its own would have to be compiled before the tests could use it.
 */
const caller = `
  const { parentPort, workerData: cells } = require('node:worker_threads');
  const nowUs = () => Number(process.hrtime.bigint()) / 1000;
  for (;;) {
    Atomics.wait(cells, 0, 0);
    let plannedUs = nowUs();
    while (Atomics.load(cells, 0) === 1) {
      plannedUs -= Math.log(1 - Math.random()) * ${meanEveryMs} * 1000;
      const leftMs = (plannedUs - nowUs()) / 1000;
      if (leftMs > 0) Atomics.wait(cells, 1, 0, leftMs);
      parentPort.postMessage([plannedUs, nowUs()]);
    }
  }
`;

/**
 * How late this thread notices what comes from outside. Another thread calls at random moments, on the same clock, and each call
 * waits as bytes from a socket would: until the loop is done with what it is doing, and until the machine lets the thread run. So
 * the share of calls that are late by some time is the share of bytes that are stamped so late.
 *
 * A timer cannot tell: its unit is the millisecond, and a stop of 50 ms delays one tick of it, but all the bytes of 50 ms.
 */
export class LoopDelay {
  readonly #cells = new Int32Array(new SharedArrayBuffer(8));
  readonly #caller = new Worker(caller, { eval: true, workerData: this.#cells });
  #histogram = new LatencyHistogram();

  private constructor() {
    this.#caller.on('message', ([plannedUs, calledUs]: readonly [number, number]) => {
      // A caller that was kept waiting itself says as much: what stops one thread of a machine often stops the other.
      this.#histogram.record(Math.max(calledUs - plannedUs, microsNow() - calledUs));
    });
    this.#caller.unref();
  }

  /** Resolves when the other thread is ready. It costs nothing until it is told to {@link begin}. */
  static async open(): Promise<LoopDelay> {
    const delay = new LoopDelay();
    await new Promise<void>((resolve, reject) => {
      delay.#caller.once('online', resolve).once('error', reject);
    });
    return delay;
  }

  begin(): void {
    this.reset();
    Atomics.store(this.#cells, 0, 1);
    Atomics.notify(this.#cells, 0);
  }

  /** Forgets what has been seen: the warm-up is over. */
  reset(): void {
    this.#histogram = new LatencyHistogram();
  }

  /** How late the loop was since it began, or was reset. */
  get histogram(): LatencyHistogram {
    return this.#histogram;
  }

  /** @returns the histogram, in which a few last calls may still arrive */
  end(): LatencyHistogram {
    Atomics.store(this.#cells, 0, 0);
    return this.#histogram;
  }

  async close(): Promise<void> {
    await this.#caller.terminate();
  }
}
