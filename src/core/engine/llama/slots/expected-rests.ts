/** The number of chunks for which a short prompt that begins like a long one waits in vain at most. */
const chunksUntilLook = 8;

/**
 * How much of its prompt each waiting generation will have to read, as long as that stays the same. Finding out compares a
 * prompt with what all slots hold, which takes longer than a round where many wait that begin with the same thousands of tokens.
 */
export class ExpectedRests<Generation extends object> {
  #known = new Map<Generation, { readonly isAlone: boolean; readonly rest: number }>();
  #readTokens = 0;

  /** @param find called only if it is not known */
  of(generation: Generation, isAlone: boolean, find: () => number): number {
    const known = this.#known.get(generation);
    if (known?.isAlone === isAlone) return known.rest;
    const rest = find();
    this.#known.set(generation, { isAlone, rest });
    return rest;
  }

  /**
   * More of a prompt has been read, which others may begin with: from time to time, that is looked at again.
   *
   * @param chunk how much a round may read, in tokens
   */
  read(tokens: number, chunk: number): void {
    this.#readTokens += tokens;
    if (this.#readTokens >= chunksUntilLook * chunk) this.forget();
  }

  /** Slots hold something else: a prompt has been read to its end, a state was moved, or a slot was given back. */
  forget(): void {
    this.#known = new Map();
    this.#readTokens = 0;
  }
}
