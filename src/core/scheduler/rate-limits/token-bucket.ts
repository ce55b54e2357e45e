import type { Clock } from '../../base/clock.js';

/** Rounding must not make a caller wait for less than that, in milliseconds. */
const toleranceMs = 0.01;

/** A bucket that fills steadily, from empty to full in one period. It may be overdrawn. It begins full, minus what has been used. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #periodMs: number;
  #level: number;
  #asOfMs: number;

  constructor(
    readonly size: number,
    periodMs: number,
    clock: Clock,
    used = 0,
  ) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#level = size - used;
    this.#asOfMs = clock.now();
  }

  /** What is missing until it is full. */
  get used(): number {
    return this.size - this.level;
  }

  /** What it holds now; negative if it is overdrawn. */
  get level(): number {
    const nowMs = this.#clock.now();
    this.#level = Math.min(this.size, this.#level + ((nowMs - this.#asOfMs) * this.size) / this.#periodMs);
    this.#asOfMs = nowMs;
    return this.#level;
  }

  take(amount: number): void {
    this.#level = this.level - amount;
  }

  /** The same for what was taken elsewhere, however much that was: the debt takes one period at most to be made good. */
  takeElsewhere(amount: number): void {
    const { level } = this;
    this.#level = Math.max(level - amount, Math.min(level, -this.size));
  }

  /**
   * One of another size from which as much is missing. What was used under a higher limit could leave a small one in debt for many
   * periods, so its debt takes one period at most to be made good, or as long as that of this one if that takes longer.
   */
  resized(size: number): TokenBucket {
    return new TokenBucket(size, this.#periodMs, this.#clock, size - levelAt(size, this.used, this.size));
  }

  /** At least so much is missing from it as from one of another size. The debt is bounded as that of {@link resized}. */
  lack(missing: number, otherSize: number): void {
    this.#level = Math.min(this.level, levelAt(this.size, missing, otherSize));
  }

  /** Milliseconds until it holds as much; for more than its size, until it is full. */
  msUntil(amount: number): number {
    const ms = ((Math.min(amount, this.size) - this.level) * this.#periodMs) / this.size;
    return ms <= toleranceMs ? 0 : ms;
  }
}

/** The least whole number of seconds after which {@link TokenBucket.msUntil} is 0, 1 or more. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil((ms - toleranceMs) / 1000));
}

/** What a bucket of a size holds if as much is missing from it as from another one. */
function levelAt(size: number, missing: number, otherSize: number): number {
  const deepest = Math.min(-size, ((otherSize - missing) / otherSize) * size);
  return Math.max(size - missing, deepest);
}
