import type { Interval } from './ratio.js';
import { studentQuantile } from './student.js';

/** How far a value or a level lies from an earlier level, as a ratio, and its 95 % interval. */
export interface LevelRatio {
  /** The earlier level, in the unit of the values: their geometric mean. */
  readonly level: number;
  readonly ratio: number;
  readonly interval: Interval;
}

/**
 * The levels of a series between its change points, from the logarithms of its values. The spread around the levels is
 * taken to be the same for all of them, as it is for a machine that differs from day to day, and is estimated from all of
 * them together: a level of two values has no usable spread of its own.
 */
export class Levels {
  readonly #segments: readonly (readonly number[])[];
  /** Standard deviation around the levels. */
  readonly #spread: number;
  readonly #degrees: number;

  /** @param segments logarithms; of each segment at least one, and at least one value more than segments */
  constructor(segments: readonly (readonly number[])[]) {
    this.#segments = segments;
    const squares = segments.flatMap((values) => values.map((value) => (value - mean(values)) ** 2));
    this.#degrees = squares.length - segments.length;
    this.#spread = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / this.#degrees);
  }

  /** The last level over an earlier one, with Student's interval for the difference of two means. */
  lastOver(segment: number): LevelRatio {
    const [before, last] = [this.#segments[segment] ?? [], this.#segments.at(-1) ?? []];
    return this.#ratio(mean(last), mean(before), 1 / before.length + 1 / last.length);
  }

  /**
   * A further value over the last level, with Student's prediction interval: of values that are distributed like those
   * before, 95 % have an interval that contains 1 (N. R. Draper and H. Smith, "Applied Regression Analysis", 1998, section
   * 3.1, for a constant).
   */
  overLast(value: number): LevelRatio {
    const last = this.#segments.at(-1) ?? [];
    return this.#ratio(value, mean(last), 1 + 1 / last.length);
  }

  /** @param variance of the difference, in variances of a single value */
  #ratio(value: number, level: number, variance: number): LevelRatio {
    const difference = value - level;
    const half = studentQuantile(0.975, this.#degrees) * this.#spread * Math.sqrt(variance);
    return {
      level: Math.exp(level),
      ratio: Math.exp(difference),
      interval: { lower: Math.exp(difference - half), upper: Math.exp(difference + half) },
    };
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
