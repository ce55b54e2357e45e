import { type ProcessorTimes, readProcessorTimes } from './processor-times.js';

/** Time between the two readings of a measurement, in milliseconds: the system counts in steps of 10 ms. */
const shortestMs = 200;
const longestMs = 2000;

/** How long a measurement counts, in milliseconds. */
const freshMs = 500;

/** Cores count as idle from this share of their time on: what is wanted of them may already use a part, such as HTTP. */
const idleShare = 1 / 3;

/** Measures whether cores of the machine have nothing to do, when someone asks. */
export class IdleCores {
  readonly #read: () => Promise<ProcessorTimes>;
  #from: { readonly atMs: number; readonly times: ProcessorTimes } | null = null;
  #measured: { readonly atMs: number; readonly cores: number } | null = null;
  #isReading = false;

  constructor(read: () => Promise<ProcessorTimes> = readProcessorTimes) {
    this.#read = read;
  }

  /**
   * @param count of cores beyond those in use
   * @param nowMs time on a monotonic clock, in milliseconds
   * @returns null if that is being measured, because nobody has asked lately: ask again, for at least 200 ms; true if the system
   *   does not tell
   */
  has(count: number, nowMs: number): boolean | null {
    if (this.#measured !== null && nowMs - this.#measured.atMs < freshMs) {
      return this.#measured.cores >= count * idleShare;
    }
    const sinceMs = this.#from === null ? Infinity : nowMs - this.#from.atMs;
    if (!this.#isReading && sinceMs >= shortestMs) void this.#advance(sinceMs, nowMs);
    return null;
  }

  async #advance(sinceMs: number, nowMs: number): Promise<void> {
    this.#isReading = true;
    const times = await this.#read().catch(() => hidden);
    this.#isReading = false;
    const from = sinceMs > longestMs ? null : this.#from;
    this.#from = { atMs: nowMs, times };
    if (from !== null) this.#measured = { atMs: nowMs, cores: idleCores(from.times, times) };
  }
}

/** What a system that does not tell, such as some sandboxes, is taken to say. */
const hidden: ProcessorTimes = { cores: 1, busy: 0, total: 0 };

/** Cores that were idle between two readings, on average; infinitely many if the system does not tell. */
function idleCores(from: ProcessorTimes, to: ProcessorTimes): number {
  const total = to.total - from.total;
  return total <= 0 ? Infinity : (1 - (to.busy - from.busy) / total) * to.cores;
}
