/** Places that requests rely on while their prompts are prepared, by payer. */
export class PlacesByPayer {
  readonly #byPayer = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Those who count on any. */
  get byPayer(): ReadonlyMap<string, number> {
    return this.#byPayer;
  }

  of(payer: string): number {
    return this.#byPayer.get(payer) ?? 0;
  }

  /** Counts this many places of a payer until the work has ended in any way. */
  async during<T>(payer: string, places: number, work: () => Promise<T>): Promise<T> {
    this.#add(payer, places);
    try {
      return await work();
    } finally {
      this.#add(payer, -places);
    }
  }

  #add(payer: string, places: number): void {
    const sum = this.of(payer) + places;
    if (sum === 0) this.#byPayer.delete(payer);
    else this.#byPayer.set(payer, sum);
    this.#total += places;
  }
}
