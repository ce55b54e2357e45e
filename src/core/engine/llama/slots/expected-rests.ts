/** The maximum number of chunks for which a short prompt that begins like a long one waits in vain. */
const chunksUntilLook = 8;

/**
 * How much of its prompt each waiting generation will have to read, as long as that does not change. Finding out
 * compares a prompt with the contents of all slots, which takes longer than a round if many prompts with the same
 * thousands of tokens wait.
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
   * More of a prompt has been read with which others may begin, so from time to time this is checked again.
   *
   * @param chunk how much a round may read, in tokens
   */
  read(tokens: number, chunk: number): void {
    this.#readTokens += tokens;
    if (this.#readTokens >= chunksUntilLook * chunk) this.forget();
  }

  /**
   * The contents of slots have changed: a prompt has been read to its end, a state was moved, or a slot was given back.
   */
  forget(): void {
    this.#known = new Map();
    this.#readTokens = 0;
  }
}
