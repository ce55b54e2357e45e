import type { KeyAccount } from '../jobs/key-account.js';
import type { Turn } from './counted-jobs.js';
import type { KeyInClass } from './key-forecast.js';
import { type Load, SortedTurns } from './sorted-turns.js';

/** The values that determine the turns in a class, besides the jobs of each key. */
export interface ClassBasis {
  readonly rank: number;
  /** To which keys are lifted that come to it. */
  readonly least: number;
  /** The expected length of answers of a key that has had none. */
  readonly usualAnswer: number;
}

/**
 * The jobs in a class, sorted by their turns once. Keys that have changed since are left out, and looked at one by one:
 *
 * ```text
 * jobs before a turn = sorted jobs before it − those that keys had which have changed + those that these have now
 * ```
 */
export class SettledClass<J> {
  readonly #basis: ClassBasis;
  readonly #keys: ReadonlyMap<KeyAccount<J>, KeyInClass<J>>;
  readonly #sorted: SortedTurns;
  /** Whether it depends on the basis. */
  readonly #hasLifted: boolean;
  readonly #hasUsual: boolean;
  /** When the first job rises by a class, on the clock. */
  readonly #risesMs: number;
  readonly #changed = new Set<KeyAccount<J>>();
  /** Of all jobs in higher classes. */
  readonly above: Load;

  constructor(keys: readonly KeyInClass<J>[], basis: ClassBasis) {
    this.#basis = basis;
    this.#keys = new Map(keys.map((key) => [key.account, key]));
    this.#sorted = new SortedTurns(keys);
    const present = keys.filter(({ jobs }) => jobs.size > 0);
    this.#hasLifted = present.some(({ account }) => (account.turns[basis.rank]?.heapIndex ?? -1) < 0);
    this.#hasUsual = present.some(({ account }) => account.lengths.mean === null);
    this.#risesMs = keys.reduce((least, { risesMs }) => Math.min(least, risesMs), Infinity);
    this.above = sumAbove(keys);
  }

  /** Those that have changed since, and may have left. */
  get changed(): ReadonlySet<KeyAccount<J>> {
    return this.#changed;
  }

  /** Whether most of its keys have changed. */
  get isWorn(): boolean {
    return this.#changed.size * 2 > this.#keys.size;
  }

  /** @returns whether it is the first change of this key */
  change(account: KeyAccount<J>): boolean {
    if (this.#changed.has(account)) return false;
    this.#changed.add(account);
    return true;
  }

  /** Whether it still holds except for the keys that have changed, and is useful. */
  holds({ least, usualAnswer }: ClassBasis, nowMs: number): boolean {
    const basis = this.#basis;
    if (this.isWorn || nowMs >= this.#risesMs) return false;
    return !(this.#hasLifted && least !== basis.least) && !(this.#hasUsual && usualAnswer !== basis.usualAnswer);
  }

  /** The former states of the keys that have changed. */
  get former(): readonly KeyInClass<J>[] {
    return [...this.#changed].flatMap((account) => this.#keys.get(account) ?? []);
  }

  /** The former states of all other keys. @param former the states of these */
  keysBut(former: readonly KeyInClass<J>[]): readonly KeyInClass<J>[] {
    const left = new Set(former);
    return [...this.#keys.values()].filter((key) => !left.has(key));
  }

  /** What a key was when all were settled. */
  keyOf(account: KeyAccount<J>): KeyInClass<J> | undefined {
    return this.#keys.get(account);
  }

  before(turn: Turn): Load {
    return this.#sorted.before(turn);
  }
}

/** Of the jobs of these keys in higher classes. */
export function sumAbove(keys: readonly KeyInClass<unknown>[]): Load {
  let places = 0;
  let work = 0;
  for (const { placesAbove, workAbove } of keys) {
    places += placesAbove;
    work += workAbove;
  }
  return { places, work };
}
