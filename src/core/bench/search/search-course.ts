import { conclude, type SearchOutcome } from './conclude.js';
import type { Look } from './evidence.js';
import { nextStep, type SearchSpec, stepBelow } from './next-step.js';

/** After this many consecutive saturated measurements of a load, the load generator is considered unable to send it. */
const mostSaturated = 2;

/** A measurement that the search asks for. */
export interface AskedLook {
  readonly load: number;
  /** The number of this measurement among those of this load that count, from 1. Later ones should take longer. */
  readonly look: number;
  /** The number of this measurement among all of this load, from 1. */
  readonly trial: number;
  /** Whether the last one of this load was discarded. */
  readonly isRepeated: boolean;
}

/**
 * The course of a search: which load it asks for next, and what it knows. It measures nothing itself.
 *
 * A measurement in which the load generator was saturated says nothing about the server. It is repeated once. If that
 * does not help, the load generator cannot send this load, and the search stays below it.
 */
export class SearchCourse {
  readonly #spec: SearchSpec;
  readonly #looks: Look[] = [];
  readonly #trials = new Map<number, number>();
  /** How many consecutive measurements of a load were discarded, up to now. */
  readonly #discarded = new Map<number, number>();
  #isEndedByClient = false;

  constructor(spec: SearchSpec) {
    this.#spec = spec;
  }

  /** What to measure next; null: no further measurement would help, or the load generator cannot send it. */
  next(): AskedLook | null {
    const asked = nextStep(this.#spec, this.#looks);
    if (asked.type === 'done') return null;
    const ceiling = this.#ceiling();
    // If the load generator has sent as much before, the machine has become too busy to continue.
    const isBusier = this.#looks.some(({ load }) => load >= ceiling);
    const step = asked.load < ceiling ? asked : stepBelow(this.#spec, this.#looks, ceiling);
    if (isBusier || step.type === 'done') {
      this.#isEndedByClient = true;
      return null;
    }
    const { load, look } = step;
    const trial = (this.#trials.get(load) ?? 0) + 1;
    this.#trials.set(load, trial);
    return { load, look, trial, isRepeated: (this.#discarded.get(load) ?? 0) > 0 };
  }

  /** Takes a measurement into account. */
  add(look: Look): void {
    this.#looks.push(look);
    this.#discarded.set(look.load, 0);
  }

  /** Records that the load generator was saturated in the last measurement of a load. */
  discard(load: number): void {
    this.#discarded.set(load, (this.#discarded.get(load) ?? 0) + 1);
  }

  /** The answer according to the measurements so far. */
  conclude(): SearchOutcome {
    return conclude(this.#spec, this.#looks, this.#isEndedByClient);
  }

  /** The lowest load that the load generator could not send; infinite if it could send all. */
  #ceiling(): number {
    const failed = [...this.#discarded].filter(([, times]) => times >= mostSaturated);
    return Math.min(...failed.map(([load]) => load));
  }
}
