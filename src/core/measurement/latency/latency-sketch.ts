/** Largest error of a time in a sketch, relative to the time itself. */
export const sketchAccuracy = 0.02;

const gamma = (1 + sketchAccuracy) / (1 - sketchAccuracy);
const logGamma = Math.log(gamma);

/** Longest time: one hour. Longer ones are counted as this. */
const longestUs = 3_600_000_000;

/**
 * Times in logarithmic cells: cell i holds those above γ^(i − 1) and up to γ^i microseconds, with γ = 1.02 / 0.98, so that
 * the middle of a cell is wrong by at most 2 % (Masson, Rim, Lee: DDSketch, 2019). There are at most 551 cells from 1 µs to
 * 1 h; a second of a run touches a handful. Sketches of several threads or trials add up exactly.
 *
 * A run has hundreds of them, one per metric and second. An HdrHistogram takes 2 kB when it is empty, and 20 µs to make.
 */
export type SketchCells = readonly (readonly [cell: number, count: number])[];

/** A sketch that is being filled. */
export class LatencySketch {
  readonly #cells = new Map<number, number>();

  /** @param us microseconds; everything up to 1 µs is in cell 0 */
  record(us: number): void {
    const cell = us <= 1 ? 0 : Math.ceil(Math.log(Math.min(us, longestUs)) / logGamma);
    this.#cells.set(cell, (this.#cells.get(cell) ?? 0) + 1);
  }

  /** Adds what another one holds. */
  absorb(other: LatencySketch): void {
    for (const [cell, count] of other.#cells) this.#cells.set(cell, (this.#cells.get(cell) ?? 0) + count);
  }

  /** In rising order of the cells, which are plain data. */
  get cells(): SketchCells {
    return [...this.#cells].sort(([one], [other]) => one - other);
  }
}

/** A sketch in the form of a result file: `[cell, count]` pairs. */
export function cellsOf(pairs: readonly (readonly number[])[]): SketchCells {
  return pairs.map(([cell = 0, inCell = 0]) => [cell, inCell]);
}

/** The sum of several sketches. */
export function addCells(sketches: readonly SketchCells[]): SketchCells {
  const [only] = sketches;
  if (only !== undefined && sketches.length === 1) return only;
  const sum = new Map<number, number>();
  for (const cells of sketches) for (const [cell, count] of cells) sum.set(cell, (sum.get(cell) ?? 0) + count);
  return [...sum].sort(([one], [other]) => one - other);
}

/** How many times it holds. */
export function countOf(cells: SketchCells): number {
  return cells.reduce((sum, [, count]) => sum + count, 0);
}

/**
 * A quantile of the samples, accurate to 2 %.
 *
 * @param percent 0 to 100
 * @returns milliseconds; null without samples
 */
export function sketchQuantileMs(cells: SketchCells, percent: number): number | null {
  const rank = Math.max(1, Math.ceil((percent / 100) * countOf(cells)));
  let seen = 0;
  for (const [cell, count] of cells) {
    seen += count;
    if (seen >= rank) return (2 * gamma ** cell) / (gamma + 1) / 1000;
  }
  return null;
}
