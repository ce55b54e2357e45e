import { microsNow } from '../client/micros.js';
import { LatencyHistogram } from './histogram.js';

const everyMs = 10;

/**
 * How late this thread's event loop is: a timer notes by how much it was overslept. A late loop sends late and sees
 * bytes late, and would blame the server for it. A timer alone is up to 1 ms late, as its unit is the millisecond.
 */
export class LoopDelay {
  #histogram = new LatencyHistogram();
  readonly #timer: NodeJS.Timeout;
  #dueUs = microsNow() + everyMs * 1000;

  /** @param onTick called with the time each time the timer fires */
  constructor(onTick: (nowUs: number) => void) {
    this.#timer = setInterval(() => {
      const nowUs = microsNow();
      this.#histogram.record(nowUs - this.#dueUs);
      this.#dueUs = nowUs + everyMs * 1000;
      onTick(nowUs);
    }, everyMs);
    this.#timer.unref();
  }

  /** Forgets what has been seen: the warm-up is over. */
  reset(): void {
    this.#histogram = new LatencyHistogram();
    this.#dueUs = microsNow() + everyMs * 1000;
  }

  stop(): LatencyHistogram {
    clearInterval(this.#timer);
    return this.#histogram;
  }
}
