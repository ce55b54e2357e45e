import { seededRandom } from '../base/random.js';

/** A place in a series from which on its values are distributed differently. */
export interface ChangePoint {
  /** Of the first value after the change. */
  readonly index: number;
  /** How likely a change as clear as this would be in a series without one, 0 to 1, by permutation. */
  readonly p: number;
}

interface Segment {
  readonly from: number;
  /** Of the first value after the segment. */
  readonly to: number;
}

interface Split {
  readonly index: number;
  /** The divergence of the two sides, weighted by their sizes; -∞ if the segment is too short. */
  readonly divergence: number;
}

/** A change is one only if chance alone would make it look as clear in at most 1 of 100 series. */
const significance = 0.01;

/** With these, the p-value of a change that no permutation reaches is 0.001. */
const permutations = 999;

/** A single value has no distribution: a segment has at least two. */
const shortest = 2;

/**
 * The change points of a series, by E-divisive: hierarchical division at the greatest energy distance between the values on
 * the two sides, each division tested by permutation (D. S. Matteson and N. A. James, "A Nonparametric Approach for Multiple
 * Change Point Analysis of Multivariate Data", Journal of the American Statistical Association 109, 2014; with α = 1). It is
 * what MongoDB watches its performance tests with (D. Daly and others, ICPE 2020).
 *
 * It assumes no distribution, but that the values between two changes are independent. A single outlier is no change: it
 * would be as far out in any other place.
 *
 * Time: the square of the number of values for each permutation; 21 values take 1 to 5 ms, 200 half a second for each change.
 *
 * @param values finite numbers, oldest first
 * @param seed of the permutations: the same series always has the same change points
 * @returns in the order of the series
 */
export function changePointsOf(values: readonly number[], seed = 1): readonly ChangePoint[] {
  const random = seededRandom(seed);
  const found: ChangePoint[] = [];
  let segments: readonly Segment[] = [{ from: 0, to: values.length }];
  for (;;) {
    const pieces = segments.map(({ from, to }) => values.slice(from, to));
    const splits = pieces.map(bestSplit);
    const [best, place] = greatest(splits);
    const segment = segments[place];
    if (best === undefined || segment === undefined || best.divergence === -Infinity) break;
    const p = pValue(pieces, best.divergence, random);
    if (p > significance) break;
    const index = segment.from + best.index;
    found.push({ index, p });
    segments = segments.flatMap((each) =>
      each === segment
        ? [
            { from: each.from, to: index },
            { from: index, to: each.to },
          ]
        : [each],
    );
  }
  return found.sort((one, other) => one.index - other.index);
}

/**
 * How often permuting the values within each piece gives a split at least as clear. Stops as soon as the answer cannot be
 * significant any more (J. Besag and P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991).
 */
function pValue(pieces: readonly (readonly number[])[], divergence: number, random: () => number): number {
  const most = significance * (permutations + 1) - 1;
  let reached = 0;
  for (let tried = 1; tried <= permutations; tried += 1) {
    const [permuted] = greatest(pieces.map((piece) => bestSplit(shuffled(piece, random))));
    // A permutation that leaves the order as it is differs by no more than rounding.
    if (permuted !== undefined && permuted.divergence >= divergence * (1 - 1e-9)) reached += 1;
    if (reached > most) return (reached + 1) / (tried + 1);
  }
  return (reached + 1) / (permutations + 1);
}

/**
 * The clearest split of a piece into a left side, a right side that begins there, and a rest that is left for later
 * divisions. `sums[row][column]` holds the distances of all values before `row` to all before `column`, so that the sum of
 * any block of distances takes four look-ups.
 */
function bestSplit(values: readonly number[]): Split {
  const { length } = values;
  const width = length + 1;
  const sums = new Float64Array(width * width);
  for (let row = 1; row < width; row += 1) {
    let along = 0;
    for (let column = 1; column < width; column += 1) {
      along += Math.abs((values[row - 1] ?? 0) - (values[column - 1] ?? 0));
      sums[row * width + column] = (sums[(row - 1) * width + column] ?? 0) + along;
    }
  }
  const within = (from: number, to: number): number =>
    ((sums[to * width + to] ?? 0) - 2 * (sums[from * width + to] ?? 0) + (sums[from * width + from] ?? 0)) / 2;
  const pairs = (count: number): number => (count * (count - 1)) / 2;

  let best: Split = { index: 0, divergence: -Infinity };
  for (let index = shortest; index <= length - shortest; index += 1) {
    const left = within(0, index) / pairs(index);
    for (let end = index + shortest; end <= length; end += 1) {
      const right = end - index;
      const between = (sums[index * width + end] ?? 0) - (sums[index * width + index] ?? 0);
      const distance = (2 * between) / (index * right) - left - within(index, end) / pairs(right);
      const divergence = ((index * right) / end) * distance;
      if (divergence > best.divergence) best = { index, divergence };
    }
  }
  return best;
}

function greatest(splits: readonly Split[]): readonly [Split | undefined, number] {
  let place = 0;
  splits.forEach(({ divergence }, index) => {
    if (divergence > (splits[place]?.divergence ?? -Infinity)) place = index;
  });
  return [splits[place], place];
}

/** Fisher and Yates. */
function shuffled(values: readonly number[], random: () => number): readonly number[] {
  const copy = [...values];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const value = copy[last] ?? 0;
    copy[last] = copy[other] ?? 0;
    copy[other] = value;
  }
  return copy;
}
