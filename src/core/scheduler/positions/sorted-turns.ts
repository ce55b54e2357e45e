import { isEarlier, type Turn } from './counted-jobs.js';
import type { KeyInClass } from './key-forecast.js';

/** Places and work of some jobs. */
export interface Load {
  readonly places: number;
  readonly work: number;
}

/** The jobs of many keys in one class in the order of their turns, so that those before any turn are found in O(log n). */
export class SortedTurns {
  readonly #turns: Turns;
  /** Of all before each, and of all. */
  readonly #places: Float64Array;
  readonly #work: Float64Array;

  constructor(keys: readonly Pick<KeyInClass<unknown>, 'jobs' | 'running'>[]) {
    const size = keys.reduce((sum, { jobs }) => sum + jobs.size, 0);
    const turns = new Turns(size);
    const places = new Float64Array(size);
    const work = new Float64Array(size);
    let row = 0;
    for (const { jobs, running } of keys) {
      for (let count = 0; count < jobs.size; count += 1, row += 1) {
        turns.set(row, jobs.turnOf(count, running));
        places[row] = jobs.placesBefore(count + 1) - jobs.placesBefore(count);
        work[row] = jobs.workBefore(count + 1) - jobs.workBefore(count);
      }
    }
    // Those of a key are in order already, which this makes use of.
    const rows = Array.from(places.keys()).sort((one, other) => (turns.isEarlier(one, turns.at(other)) ? -1 : 1));
    this.#turns = new Turns(size);
    this.#places = new Float64Array(size + 1);
    this.#work = new Float64Array(size + 1);
    for (const [index, row] of rows.entries()) {
      this.#turns.set(index, turns.at(row));
      this.#places[index + 1] = (this.#places[index] ?? 0) + (places[row] ?? 0);
      this.#work[index + 1] = (this.#work[index] ?? 0) + (work[row] ?? 0);
    }
  }

  before(turn: Turn): Load {
    let low = 0;
    let high = this.#turns.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#turns.isEarlier(middle, turn)) low = middle + 1;
      else high = middle;
    }
    return { places: this.#places[low] ?? 0, work: this.#work[low] ?? 0 };
  }
}

/** In columns, the first of which usually decides: 100,000 objects would not fit into the processor's cache. */
class Turns {
  readonly #counters: Float64Array;
  readonly #running: Float64Array;
  readonly #arrivals: Float64Array;

  constructor(readonly size: number) {
    this.#counters = new Float64Array(size);
    this.#running = new Float64Array(size);
    this.#arrivals = new Float64Array(size);
  }

  at(index: number): Turn {
    return {
      counter: this.#counters[index] ?? 0,
      running: this.#running[index] ?? 0,
      arrival: this.#arrivals[index] ?? 0,
    };
  }

  set(index: number, { counter, running, arrival }: Turn): void {
    this.#counters[index] = counter;
    this.#running[index] = running;
    this.#arrivals[index] = arrival;
  }

  isEarlier(index: number, turn: Turn): boolean {
    const counter = this.#counters[index] ?? 0;
    return counter === turn.counter ? isEarlier(this.at(index), turn) : counter < turn.counter;
  }
}
