import type { Clock } from '../../base/clock.js';
import { RunningCost } from './running-cost.js';

/** How fast llama.cpp copies a sequence at least: much slower than any memory. In bytes per millisecond. */
const copyBytesPerMs = 2e6;

/**
 * How long prefill and the transfers of the prompt cache take, in milliseconds, as measured lately. All of them have a fixed
 * cost, which is most of it where a GPU computes: a state of 149 kB took 2.3 ms to save there.
 */
export class CacheCosts {
  readonly #prefillChunk: number;
  readonly #clock: Clock;
  /** Of a round, by the prompt tokens in it. */
  readonly #rounds = new RunningCost();
  readonly #saving = new RunningCost(1 / copyBytesPerMs);
  readonly #restoring = new RunningCost(1 / copyBytesPerMs);

  /** @param prefillChunk prompt tokens that a round may prefill */
  constructor(prefillChunk: number, clock: Clock) {
    this.#prefillChunk = prefillChunk;
    this.#clock = clock;
  }

  /** Notes how long a round took that did mostly prefill. */
  prefilled(tokens: number, ms: number): void {
    this.#rounds.observe(tokens, ms, this.#clock.now());
  }

  saved(bytes: number, ms: number): void {
    this.#saving.observe(bytes, ms, this.#clock.now());
  }

  restored(bytes: number, ms: number): void {
    this.#restoring.observe(bytes, ms, this.#clock.now());
  }

  /** @returns null if it was not measured lately, as of all of these */
  saveMs(bytes: number): number | null {
    return this.#saving.expectMs(bytes, this.#clock.now());
  }

  restoreMs(bytes: number): number | null {
    return this.#restoring.expectMs(bytes, this.#clock.now());
  }

  /** Estimated: it happens inside the next decode. */
  copyMs(bytes: number): number {
    return bytes / copyBytesPerMs;
  }

  /**
   * How much longer it takes to read `tokens` and a rest than the rest alone, which is read anyway. Where both fit into one
   * round, its fixed cost makes no difference.
   */
  prefillMs(tokens: number, rest: number): number | null {
    const wholeMs = this.#readMs(tokens + rest);
    const restMs = this.#readMs(rest);
    return wholeMs === null || restMs === null ? null : wholeMs - restMs;
  }

  /** A round with as much prefill as it may have. */
  fullRoundMs(): number | null {
    return this.#rounds.expectMs(this.#prefillChunk, this.#clock.now());
  }

  #readMs(tokens: number): number | null {
    const fullMs = this.fullRoundMs();
    const last = tokens % this.#prefillChunk;
    const lastMs = last === 0 ? 0 : this.#rounds.expectMs(last, this.#clock.now());
    return fullMs === null || lastMs === null ? null : Math.floor(tokens / this.#prefillChunk) * fullMs + lastMs;
  }
}
