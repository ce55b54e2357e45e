import { decimalOf } from '../schema/number-range.js';

/** Divides a number by a `multipleOf` while its digits are read. */
export class Divisor {
  /** Decimals that a multiple may have. */
  readonly decimals: number;
  /** The divisor without its point. */
  readonly #unit: number;
  readonly #known = new Map<number, number>();
  readonly #classes = new Map<string, number>();

  /** @param value above 0, with at most eight significant digits */
  constructor(value: number) {
    const { integer, fraction } = decimalOf(value);
    this.#unit = Number(integer + fraction);
    this.decimals = fraction.length;
  }

  /** The remainder after one more digit, or another one that the same digits complete to a multiple. */
  next(rest: number, digit: number): number {
    const exact = (rest * 10 + digit) % this.#unit;
    const known = this.#known.get(exact);
    if (known !== undefined) return known;
    const key = this.#completions(exact);
    const same = this.#classes.get(key) ?? exact;
    this.#classes.set(key, same);
    this.#known.set(exact, same);
    return same;
  }

  /** Whether a number with this remainder and this many decimals is a multiple. */
  divides(rest: number, decimals: number): boolean {
    let scaled = rest;
    for (let missing = this.decimals - decimals; missing > 0; missing -= 1) scaled = (scaled * 10) % this.#unit;
    return scaled === 0;
  }

  /**
   * Which digits complete a remainder to a multiple, for each number of digits: for 1000 there are only four classes of
   * remainders, those of numbers with three zeros at their end or more, two, one, and none.
   */
  #completions(rest: number): string {
    const unit = this.#unit;
    const completions: number[] = [];
    let scaled = rest;
    for (let size = 1; ; size *= 10) {
      const missing = (unit - scaled) % unit;
      completions.push(missing < size ? missing : -1);
      if (size >= unit) return completions.join();
      scaled = (scaled * 10) % unit;
    }
  }
}
