/** Lets changes of the same value take turns, so that no change is lost between reading and writing. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work once everything that was passed earlier with the same key has settled. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
