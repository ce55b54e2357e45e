import type { Clock } from '../../base/clock.js';
import { RunningCost } from './running-cost.js';

/** How fast llama.cpp copies a sequence at least: much slower than any memory. In bytes per millisecond. */
const copyBytesPerMs = 2e6;

/**
 * After how long half of a transfer's measured time is believed, in milliseconds, so that a transfer that was too slow
 * is eventually tried again.
 */
const halfLifeMs = 60_000;

/** The weight of the last round in the believed duration of rounds. */
const learning = 0.3;

/**
 * How long prefill and the transfers of the prompt cache take, in milliseconds, as measured lately. All of them have a fixed
 * cost, which is most of it where a GPU computes: a state of 149 kB took 2.3 ms to save there.
 */
export class CacheCosts {
  readonly #prefillChunk: number;
  readonly #targetMs: number | null;
  readonly #clock: Clock;
  /** Of a round in which others get tokens, in milliseconds; null if there was none. */
  #sharedRoundMs: number | null = null;
  /** Of a round, by the prompt tokens in it. */
  readonly #rounds = new RunningCost();
  readonly #saving = new RunningCost(1 / copyBytesPerMs);
  readonly #restoring = new RunningCost(1 / copyBytesPerMs);
  readonly #copying = new RunningCost(1 / copyBytesPerMs);

  /**
   * @param prefillChunk prompt tokens that a round may prefill at most
   * @param targetMs the time per token that generations should get at most, for which rounds prefill less; null for none
   */
  constructor(prefillChunk: number, targetMs: number | null, clock: Clock) {
    this.#prefillChunk = prefillChunk;
    this.#targetMs = targetMs;
    this.#clock = clock;
  }

  /** Records how long a round took that mostly did prefill. */
  prefilled(tokens: number, ms: number): void {
    this.#rounds.observe(tokens, ms, this.#clock.now());
  }

  /** Records how long a round took in which generations got tokens. */
  shared(ms: number): void {
    this.#sharedRoundMs =
      this.#sharedRoundMs === null ? ms : this.#sharedRoundMs + learning * (ms - this.#sharedRoundMs);
  }

  saved(bytes: number, ms: number): void {
    this.#saving.observe(bytes, ms, this.#clock.now());
  }

  restored(bytes: number, ms: number): void {
    this.#restoring.observe(bytes, ms, this.#clock.now());
  }

  /** @returns null if it was not measured recently, like all of these */
  saveMs(bytes: number): number | null {
    return this.#saving.expectMs(bytes, this.#clock.now());
  }

  restoreMs(bytes: number): number | null {
    return this.#restoring.expectMs(bytes, this.#clock.now());
  }

  /**
   * How long others are likely to wait for it: the last measurement, halved every minute; null if it
   * never was, as of {@link restorePauseMs}.
   */
  savePauseMs(bytes: number): number | null {
    return this.#pauseMs(this.#saving, bytes);
  }

  restorePauseMs(bytes: number): number | null {
    return this.#pauseMs(this.#restoring, bytes);
  }

  #pauseMs(cost: RunningCost, bytes: number): number | null {
    const nowMs = this.#clock.now();
    const lastMs = cost.lastMs(bytes);
    return lastMs === null ? null : lastMs * 2 ** -Math.floor(cost.ageMs(nowMs) / halfLifeMs);
  }

  /**
   * Records how long a round took in which llama.cpp copied a sequence: the time beyond the usual duration of such
   * rounds is the time of the copy. It has no effect before prefill was measured.
   *
   * @param prefillTokens how many the round prefilled
   * @param decodes how many generations got a token in it
   */
  copied(bytes: number, prefillTokens: number, decodes: number, ms: number): void {
    const prefillMs = prefillTokens === 0 ? 0 : this.#rounds.lastMs(prefillTokens);
    if (prefillMs === null) return;
    const usualMs = Math.max(prefillMs, decodes === 0 ? 0 : (this.#sharedRoundMs ?? 0));
    this.#copying.observe(bytes, Math.max(0, ms - usualMs), this.#clock.now());
  }

  /** Assumed if it was not measured lately: to try it may take long, because all of a slot is copied, however much it holds. */
  copyMs(bytes: number): number {
    return this.#copying.expectMs(bytes, this.#clock.now()) ?? bytes / copyBytesPerMs;
  }

  copyPauseMs(bytes: number): number {
    return this.#pauseMs(this.#copying, bytes) ?? bytes / copyBytesPerMs;
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

  /**
   * How long other generations have to wait for a round anyway: with a target, as long as that or a round of theirs, else as for a
   * round with a full chunk of prefill, when one was last measured. Null if none was.
   */
  usualPauseMs(): number | null {
    if (this.#targetMs !== null) return Math.max(this.#targetMs, this.#sharedRoundMs ?? 0);
    return this.#rounds.lastMs(this.#prefillChunk);
  }

  #readMs(tokens: number): number | null {
    const fullMs = this.#rounds.expectMs(this.#prefillChunk, this.#clock.now());
    const last = tokens % this.#prefillChunk;
    const lastMs = last === 0 ? 0 : this.#rounds.expectMs(last, this.#clock.now());
    return fullMs === null || lastMs === null ? null : Math.floor(tokens / this.#prefillChunk) * fullMs + lastMs;
  }
}
