import type { Clock } from '../../base/clock.js';
import type { Competition } from '../fairness/competition.js';
import type { KeyAccount, Turn } from '../jobs/key-account.js';

/**
 * The moment for which all positions are computed until the line changes, so that they are consistent, whenever each is
 * requested. Tokens that keys pay for in the meantime count from the next change on. The earlier service of a key is
 * stored when its first payment comes, so that a moment costs nothing per key.
 *
 * ```text
 * line changes        position of a?    token of ben     position of b?      line changes
 *                     begins: 0.3 s     100 is kept      ben has had 100     ends
 * service of ben      100               102              102
 * ```
 */
export class Moment<J> {
  readonly #competition: Pick<Competition<J>, 'firstServices' | 'lastServed'>;
  readonly #clock: Clock;
  #number = 0;
  #isOpen = false;
  #nowMs = 0;
  #firstServices: readonly (number | null)[] = [];
  #lastServed: readonly number[] = [];

  constructor(competition: Pick<Competition<J>, 'firstServices' | 'lastServed'>, clock: Clock) {
    this.#competition = competition;
    this.#clock = clock;
  }

  /** Whether it has begun, and the line has not changed since. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Tells moments apart. */
  get number(): number {
    return this.#number;
  }

  /** On the clock. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** For each class, the least service of the keys that compete in it; null if none does. */
  get firstServices(): readonly (number | null)[] {
    return this.#firstServices;
  }

  /** For each class, the service of the key that was the last to leave it. */
  get lastServed(): readonly number[] {
    return this.#lastServed;
  }

  /** Must be called before anything else. Continues a moment that has begun. */
  begin(): void {
    if (this.#isOpen) return;
    const { firstServices, lastServed } = this.#competition;
    this.#isOpen = true;
    this.#number += 1;
    this.#nowMs = this.#clock.now();
    this.#firstServices = firstServices;
    this.#lastServed = lastServed;
  }

  /** Must be called when the line has changed. */
  end(): void {
    this.#isOpen = false;
  }

  /** Must be called before a key is charged without any other change. */
  keep({ turns }: KeyAccount<J>, rank: number): void {
    const turn = turns[rank];
    if (!this.#isOpen || turn === undefined || turn.keptAsOf === this.#number) return;
    turn.kept = turn.service;
    turn.keptAsOf = this.#number;
  }

  /** Whether a key has been charged since the moment began. */
  hasKept({ turns }: KeyAccount<J>): boolean {
    return turns.some(({ keptAsOf }) => keptAsOf === this.#number);
  }

  serviceOf(turn: Turn<J>): number {
    return turn.keptAsOf === this.#number ? turn.kept : turn.service;
  }

  servedIn({ turns }: KeyAccount<J>, rank: number): number {
    const turn = turns[rank];
    return turn === undefined ? 0 : this.serviceOf(turn);
  }
}
