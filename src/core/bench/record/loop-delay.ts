import { Worker } from 'node:worker_threads';
import { microsNow } from '../../base/micros.js';
import { compiledFile } from '../../base/processes/compiled-file.js';
import { LatencyHistogram } from '../../measurement/latency/histogram.js';
import type { LoopCall } from './loop-delay-caller.js';

/**
 * How late this thread notices events from outside. Another thread (loop-delay-caller.ts) calls at random moments, on
 * the same clock, and each call waits as bytes from a socket would: until the loop has finished what it is doing, and
 * until the machine lets the thread run. So the share of calls that are late by some time is the share of bytes whose
 * timestamp is that late.
 *
 * ```text
 * caller   ──┬────┬──────┬─┬────────┬──  calls at random moments
 *            │    └──┐   └─┼┐       │
 * this       ▼  ▓▓▓▓▓▼▓▓▓▓▓▼▼       ▼    each waits until the loop is free (▓ is busy)
 * ```
 *
 * A timer cannot show this: its unit is the millisecond, and a stop of 50 ms delays one tick of it, but all the bytes
 * of 50 ms.
 */
export class LoopDelay {
  /**
   * Cell 0 is 1 while the caller should call, and 2 when it should end. Cell 1 never changes: the caller waits on it with
   * a time limit.
   */
  readonly #cells = new Int32Array(new SharedArrayBuffer(8));
  readonly #caller = new Worker(compiledFile(import.meta.url, './loop-delay-caller.js'), { workerData: this.#cells });
  #histogram = new LatencyHistogram();

  private constructor() {
    this.#caller.on('message', ([plannedUs, calledUs]: LoopCall) => {
      // A delay of the caller itself counts too, because anything that stops one thread of a machine often stops the
      // other.
      this.#histogram.record(Math.max(calledUs - plannedUs, microsNow() - calledUs));
    });
    this.#caller.unref();
  }

  /** Resolves when the other thread is ready. It costs nothing until {@link begin} is called. */
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

  /** Forgets what has been recorded: the warm-up is over. */
  reset(): void {
    this.#histogram = new LatencyHistogram();
  }

  /** How late the loop was since the last {@link begin} or {@link reset}. */
  get histogram(): LatencyHistogram {
    return this.#histogram;
  }

  /** @returns the histogram, to which a few last calls may still be added */
  end(): LatencyHistogram {
    Atomics.store(this.#cells, 0, 0);
    return this.#histogram;
  }

  /**
   * Ends the other thread, which ends by itself: `terminate` never returns if it is called at the moment at which the
   * thread begins to wait (Node 26.10, 1 of 60 times on a busy machine).
   */
  async close(): Promise<void> {
    if (this.#caller.threadId === -1) return;
    const exited = new Promise((resolve) => this.#caller.once('exit', resolve));
    this.#caller.ref();
    Atomics.store(this.#cells, 0, 2);
    Atomics.notify(this.#cells, 0);
    await exited;
  }
}
