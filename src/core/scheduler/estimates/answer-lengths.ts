import type { Demand } from '../jobs/demand.js';

/** How many of the latest answers count. */
const windowSize = 32;

/** With this many answers of a key, only these count. */
const enoughOfKey = 4;

/** An answer that was cut off at its limit is assumed to be at most this many times as long. */
const mostBeyondLimit = 4;

interface Answer {
  readonly tokens: number;
  /** Whether it ended at the maximum number of tokens that its request allowed. */
  readonly isCut: boolean;
}

/** The lengths of the latest answers, as a distribution for future ones. */
export class AnswerLengths {
  readonly #all = new LatestAnswers();
  readonly #byKey = new Map<string, LatestAnswers>();

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** The variance of the lengths divided by the square of their mean: 0 if all are the same. */
  get variation(): number {
    return this.#all.variation;
  }

  /** @param tokens 1 or more */
  add({ key, maxTokens }: Demand, tokens: number): void {
    const answer = { tokens, isCut: tokens >= maxTokens };
    this.#all.add(answer);
    let ofKey = this.#byKey.get(key);
    if (ofKey === undefined) {
      ofKey = new LatestAnswers();
      this.#byKey.set(key, ofKey);
    }
    ofKey.add(answer);
  }

  /** The mean length of answers to such a request; null before the first answer. */
  expected(demand: Demand): number | null {
    return this.#answersTo(demand).meanOf(demand);
  }

  /** Lengths that the answer to a request may have, equally likely ones; none before the first answer. */
  likely(demand: Demand, most: number): readonly number[] {
    return this.#answersTo(demand)
      .latest(most)
      .map((answer) => lengthOf(answer, demand));
  }

  #answersTo({ key }: Demand): LatestAnswers {
    const ofKey = this.#byKey.get(key);
    return ofKey !== undefined && ofKey.size >= enoughOfKey ? ofKey : this.#all;
  }
}

/** How long an answer would have been within the limits of another request. */
function lengthOf({ tokens, isCut }: Answer, { maxTokens, minTokens = 0 }: Demand): number {
  return Math.max(minTokens, Math.min(maxTokens, isCut ? tokens * mostBeyondLimit : tokens));
}

class LatestAnswers {
  readonly #answers: Answer[] = [];
  #next = 0;
  variation = 0;

  get size(): number {
    return this.#answers.length;
  }

  add(answer: Answer): void {
    this.#answers[this.#next] = answer;
    this.#next = (this.#next + 1) % windowSize;
    const mean = this.#answers.reduce((sum, { tokens }) => sum + tokens, 0) / this.size;
    const variance = this.#answers.reduce((sum, { tokens }) => sum + (tokens - mean) ** 2, 0) / this.size;
    this.variation = variance / mean ** 2;
  }

  /** Those that they would have had within the limits of a request; null if there are none. */
  meanOf(demand: Demand): number | null {
    if (this.size === 0) return null;
    let sum = 0;
    for (const answer of this.#answers) sum += lengthOf(answer, demand);
    return sum / this.size;
  }

  latest(most: number): readonly Answer[] {
    return this.#answers.slice(0, most);
  }
}
