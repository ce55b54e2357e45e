import type { Turn, Workload } from '../../workload/workload.js';

/**
 * The turns of all conversations in a row. The number of a turn does not depend on the number of workers, so the
 * request that is due at some moment is the same however many there are.
 */
export class TurnsInOrder {
  readonly #workload: Workload;
  readonly #run: number;
  #conversation = 0;
  /** The number of its first turn. */
  #first = 0;

  constructor(workload: Workload, run: number) {
    this.#workload = workload;
    this.#run = run;
  }

  /** @param index from 0; not lower than the last one */
  at(index: number): Turn {
    for (;;) {
      const known = this.#workload.turnCount?.(this.#run, this.#conversation);
      const turns = known === undefined || index < this.#first + known ? this.#turns() : null;
      const turn = turns?.[index - this.#first];
      if (turn !== undefined) return turn;
      this.#first += turns?.length ?? known ?? 1;
      this.#conversation += 1;
    }
  }

  #turns(): readonly Turn[] {
    return this.#workload.conversation(this.#run, this.#conversation);
  }
}
