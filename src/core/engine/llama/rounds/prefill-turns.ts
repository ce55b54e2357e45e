/** What {@link PrefillTurns} needs to know about a generation whose prompt is being read. */
export interface Prefilling {
  /** Prompt tokens that have not been read. */
  readonly rest: number;
  /** Lower for generations that came earlier. */
  readonly order: number;
}

/**
 * Decides whose prompt is read next. Prompts are read in order of arrival, but a short one may overtake a long one:
 * otherwise a question of 20 tokens would wait until a prompt of 3,000 has been read. The prompt that came first is
 * passed over in every other round at most, so it takes at most twice as many rounds, however many short ones come.
 *
 * Only prompts that are no longer than the largest chunk are short: of two long ones, neither would gain by taking
 * turns, and prompts with a common beginning would be read twice.
 */
export class PrefillTurns {
  readonly #short: number;
  #wasPassedOver = false;

  /** @param short a prompt with at most this many tokens left may overtake others: those of the largest chunk */
  constructor(short: number) {
    this.#short = short;
  }

  /** In the order in which they get room in the next round. */
  inTurn<T extends Prefilling>(prefilling: readonly T[]): readonly T[] {
    const arrived = prefilling.toSorted((a, b) => a.order - b.order);
    if (this.#wasPassedOver) return arrived;
    const isShort = ({ rest }: T): boolean => rest <= this.#short;
    return [...arrived.filter(isShort), ...arrived.filter((each) => !isShort(each))];
  }

  /** Must be called for each round. @param read the prompts of which it reads a part */
  took<T extends Prefilling>(prefilling: readonly T[], read: readonly T[]): void {
    const first = prefilling.toSorted((a, b) => a.order - b.order)[0];
    this.#wasPassedOver = first !== undefined && !read.includes(first);
  }
}
