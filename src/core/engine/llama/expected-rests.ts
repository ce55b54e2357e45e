/**
 * How much of its prompt each waiting generation will have to read, as long as that stays the same. Finding out compares a
 * prompt with what all slots hold, which takes longer than a round where many wait that begin with the same thousands of tokens.
 */
export class ExpectedRests<Generation extends object> {
  #known = new Map<Generation, { readonly isAlone: boolean; readonly rest: number }>();

  /** @param find called only if it is not known */
  of(generation: Generation, isAlone: boolean, find: () => number): number {
    const known = this.#known.get(generation);
    if (known?.isAlone === isAlone) return known.rest;
    const rest = find();
    this.#known.set(generation, { isAlone, rest });
    return rest;
  }

  /**
   * Slots hold something else: a prompt has been read, a state was moved, or a slot was given back. What is read of a prompt
   * meanwhile does not count: others wait for all of it anyway.
   */
  forget(): void {
    this.#known = new Map();
  }
}
