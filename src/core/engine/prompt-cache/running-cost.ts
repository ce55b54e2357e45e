/** How much an older observation counts, each time a new one arrives. */
const decay = 0.8;

/** Observations older than this say nothing any more, in milliseconds. */
const staleMs = 60_000;

/** How far apart sizes have to be to count as much as the assumption about the time per unit, as a part of their mean. */
const tellingSpread = 0.25;

/**
 * How long work of some size takes, as recently observed: a fixed cost, and a cost per unit.
 *
 *     time = mean time + cost per unit × (size − mean size)
 *
 *                       Σ w × (size − mean size) × (time − mean time) + λ × assumed cost
 *     cost per unit  =  ────────────────────────────────────────────────────────────────   from 0 to mean time ÷ mean size
 *                                   Σ w × (size − mean size)² + λ
 *
 * That is a line by weighted least squares, in which neither cost is negative. The weights w of older observations fade.
 * Sizes that hardly differ, as one alone, say nothing about the cost per unit: λ draws it to an assumption then (ridge
 * regression: Hoerl and Kennard, Technometrics 12, 1970). Means and sums are updated as they come, which does not lose the
 * digits that differences of large sums lose (West, Communications of the ACM 22, 1979).
 */
export class RunningCost {
  readonly #assumedMs: number;
  #weight = 0;
  #meanUnits = 0;
  #meanMs = 0;
  /** Σ w × (units − mean)². */
  #variation = 0;
  /** Σ w × (units − mean) × (ms − mean). */
  #covariation = 0;
  #lastMs = 0;

  /**
   * @param assumedMs what a unit beyond the sizes that were observed is assumed to cost at most; by default, time is taken to be
   *   in proportion to size. Smaller sizes than those that were observed are always assumed to cost in proportion: what
   *   turns out to be more expensive is known afterwards, and what is never tried stays unknown.
   */
  constructor(assumedMs = Infinity) {
    this.#assumedMs = assumedMs;
  }

  /**
   * @param units above 0
   * @param nowMs the time of a clock
   */
  observe(units: number, ms: number, nowMs: number): void {
    this.#lastMs = nowMs;
    this.#weight = this.#weight * decay + 1;
    const fromMean = units - this.#meanUnits;
    this.#meanUnits += fromMean / this.#weight;
    this.#meanMs += (ms - this.#meanMs) / this.#weight;
    this.#variation = this.#variation * decay + fromMean * (units - this.#meanUnits);
    this.#covariation = this.#covariation * decay + fromMean * (ms - this.#meanMs);
  }

  /**
   * @param units 0 or more
   * @returns how long this work is likely to take, in milliseconds; null if nothing was observed in the last minute, so that
   *   work which seemed too expensive is tried again
   */
  expectMs(units: number, nowMs: number): number | null {
    return this.ageMs(nowMs) > staleMs ? null : this.lastMs(units);
  }

  /** For how long nothing was observed, in milliseconds; Infinity if nothing ever was. */
  ageMs(nowMs: number): number {
    return this.#weight === 0 ? Infinity : nowMs - this.#lastMs;
  }

  /** As {@link expectMs}, however long ago it was; null if nothing was ever observed. */
  lastMs(units: number): number | null {
    if (this.#weight === 0) return null;
    const inProportion = this.#meanMs / this.#meanUnits;
    const assumed = units > this.#meanUnits ? Math.min(this.#assumedMs, inProportion) : inProportion;
    const lambda = (this.#meanUnits * tellingSpread) ** 2;
    const fitted = (this.#covariation + lambda * assumed) / (this.#variation + lambda);
    const perUnit = Math.min(Math.max(0, fitted), inProportion);
    // In proportion to size, the last digits of the difference may be below zero.
    return Math.max(0, this.#meanMs + perUnit * (units - this.#meanUnits));
  }
}
