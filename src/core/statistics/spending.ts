import { normalDensity, normalQuantileOfTail, normalTail } from './normal.js';

/** When a growing measurement is looked at: after `least` trials, after each further one, and at last after `most`. */
export interface Looks {
  /** 1 or more. */
  readonly least: number;
  /** `least` or more. */
  readonly most: number;
}

/**
 * The nominal one-sided error of an interval at one look at a measurement that continues until it decides. Looking
 * again and again with the same interval is wrong more often than that interval says, because each look is another
 * chance. Alpha spending (K. K. G. Lan and D. L. DeMets, "Discrete sequential boundaries for clinical trials", 1983)
 * divides the error among the looks: here in proportion to the trials, which is Kim and DeMets's family with exponent 1
 * (1987). The probability that *any* of the intervals misses the true value on one side is then `tail`.
 *
 * ```text
 * trials          3      4      5     …    19     20
 * spent so far  3/20   4/20   5/20   …   19/20   1     × tail
 * ```
 *
 * The looks at a mean of normal trials are a random walk, seen at the number of trials. The boundaries that spend as much
 * as planned come from the density of the walks that have not crossed one yet (P. Armitage, C. K. McPherson and
 * B. C. Rowe, 1969), integrated on a grid.
 *
 * @param trials at this look, `least` to `most`; below `least` nothing may be decided, and above it is the last look
 * @param tail one-sided error over all looks, such as 0.025
 * @returns above 0, at most `tail`; equal to it if there is one look only
 */
export function nominalTail(trials: number, looks: Looks, tail: number): number {
  const look = Math.min(Math.max(trials, looks.least), looks.most) - looks.least;
  return boundaries(looks, tail)[look] ?? tail;
}

const known = new Map<string, readonly number[]>();

function boundaries(looks: Looks, tail: number): readonly number[] {
  const key = `${looks.least} ${looks.most} ${tail}`;
  const found = known.get(key) ?? computeBoundaries(looks, tail);
  known.set(key, found);
  return found;
}

/** Below this, the density of the walk is 0 for all that matters. */
const lowest = -6;

/** Further than this number of its deviations, a single trial does not take the walk. */
const reach = 6;

/** The nominal error at each look. */
function computeBoundaries({ least, most }: Looks, tail: number): readonly number[] {
  const deviation = Math.sqrt(1 / most);
  let walk = beginningOf(Math.sqrt(least / most), (tail * least) / most, Math.min(0.01, deviation / 4));
  const nominal = [normalTail(walk.boundary / Math.sqrt(least / most))];
  for (let trials = least + 1; trials <= most; trials += 1) {
    walk = walk.next(tail / most, deviation);
    nominal.push(normalTail(walk.boundary / Math.sqrt(trials / most)));
  }
  return nominal;
}

/** The walk at the first look. Its variance is the share of the trials that have been measured. */
function beginningOf(deviation: number, spent: number, step: number): Walk {
  const boundary = deviation * normalQuantileOfTail(spent);
  return new Walk(boundary, step, (x) => normalDensity(x / deviation) / deviation);
}

/** The walks that have not crossed a boundary yet: their density, on a grid that ends at the boundary of the last look. */
class Walk {
  readonly boundary: number;
  readonly #step: number;
  /** At `boundary`, `boundary − step`, … */
  readonly #density: Float64Array;

  constructor(boundary: number, step: number, densityAt: (x: number) => number) {
    this.boundary = boundary;
    this.#step = step;
    const length = Math.max(1, Math.ceil((boundary - lowest) / step) + 1);
    this.#density = Float64Array.from({ length }, (_, index) => densityAt(boundary - index * step));
  }

  /**
   * The same walks one trial later.
   *
   * @param spent the probability of crossing the next boundary without having crossed one before
   * @param deviation of the walk in one trial
   */
  next(spent: number, deviation: number): Walk {
    const far = reach * deviation;
    return new Walk(this.#boundarySpending(spent, deviation), this.#step, (x) =>
      this.#integral((y) => normalDensity((x - y) / deviation) / deviation, x - far, x + far),
    );
  }

  #boundarySpending(spent: number, deviation: number): number {
    let low = lowest;
    let high = this.boundary + reach * deviation;
    for (let halving = 0; halving < 40; halving += 1) {
      const middle = (low + high) / 2;
      const crossing = this.#integral(
        (y) => normalTail((middle - y) / deviation),
        middle - reach * deviation,
        Infinity,
      );
      if (crossing > spent) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  /** Of the density times a weight, from one place to another, by the trapezoidal rule. */
  #integral(weight: (y: number) => number, from: number, to: number): number {
    const first = Math.max(0, Math.ceil((this.boundary - to) / this.#step));
    const last = Math.min(this.#density.length - 1, Math.floor((this.boundary - from) / this.#step));
    let sum = 0;
    for (let index = first; index <= last; index += 1) {
      // The density ends at the boundary, so the first place counts half.
      const share = index === 0 ? 0.5 : 1;
      sum += share * (this.#density[index] ?? 0) * weight(this.boundary - index * this.#step);
    }
    return sum * this.#step;
  }
}
