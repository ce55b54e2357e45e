import { isEarlier, type Turn } from './counted-jobs.js';
import type { KeyInClass } from './key-forecast.js';

/** Places and work of some jobs. */
export interface Load {
  readonly places: number;
  readonly work: number;
}

/** The jobs of many keys in one class in the order of their turns, so that those before any turn are found in O(log n). */
export class SortedTurns {
  readonly #turns: readonly Turn[];
  /** Of all before each, and of all. */
  readonly #places: Float64Array;
  readonly #work: Float64Array;

  constructor(keys: Iterable<Pick<KeyInClass<unknown>, 'jobs' | 'running'>>) {
    const rows: (Turn & Load)[] = [];
    for (const { jobs, running } of keys) {
      for (let count = 0; count < jobs.size; count += 1) {
        const { counter, running: runs, arrival } = jobs.turnOf(count, running);
        const places = jobs.placesBefore(count + 1) - jobs.placesBefore(count);
        const work = jobs.workBefore(count + 1) - jobs.workBefore(count);
        rows.push({ counter, running: runs, arrival, places, work });
      }
    }
    rows.sort((one, other) => (isEarlier(one, other) ? -1 : 1));
    this.#turns = rows;
    this.#places = new Float64Array(rows.length + 1);
    this.#work = new Float64Array(rows.length + 1);
    for (const [index, { places, work }] of rows.entries()) {
      this.#places[index + 1] = (this.#places[index] ?? 0) + places;
      this.#work[index + 1] = (this.#work[index] ?? 0) + work;
    }
  }

  before(turn: Turn): Load {
    let low = 0;
    let high = this.#turns.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#turns[middle];
      if (other !== undefined && isEarlier(other, turn)) low = middle + 1;
      else high = middle;
    }
    return { places: this.#places[low] ?? 0, work: this.#work[low] ?? 0 };
  }
}
