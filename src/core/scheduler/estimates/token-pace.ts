/** The weight of earlier measurements relative to the newest request. */
const kept = 15 / 16;

/** A ratio of two sums in which the newest count most. */
class RecentRatio {
  #over = 0;
  #under = 0;

  get value(): number | null {
    return this.#under === 0 ? null : this.#over / this.#under;
  }

  add(over: number, under: number): void {
    this.#over = this.#over * kept + over;
    this.#under = this.#under * kept + under;
  }
}

/** How long tokens take in one slot while the others are as busy as they were recently. */
export class TokenPace {
  readonly #output = new RecentRatio();
  readonly #prompt = new RecentRatio();

  /** Milliseconds from one output token to the next; null before it was measured. */
  get outputMs(): number | null {
    const ms = this.#output.value;
    return ms === null || ms <= 0 ? null : ms;
  }

  /** Milliseconds of prefill for each token of the prompt, those from the cache included. */
  get promptMs(): number {
    return this.#prompt.value ?? 0;
  }

  prefilled(promptTokens: number, ms: number): void {
    if (promptTokens > 0) this.#prompt.add(ms, promptTokens);
  }

  decoded(outputTokens: number, ms: number): void {
    // The first token ends the prefill.
    if (outputTokens > 1) this.#output.add(ms, outputTokens - 1);
  }

  /**
   * An answer of which only the end was seen. Its time is divided between its prompt and its tokens as both have taken recently; as
   * long as that is not known, its tokens have taken all of it. What prompts take is not learned from it.
   *
   * @param outputTokens 1 or more
   * @param ms from its start to its end
   */
  answered(promptTokens: number, outputTokens: number, ms: number): void {
    const outputMs = outputTokens * (this.outputMs ?? 0);
    const share = outputMs === 0 ? 1 : outputMs / (outputMs + promptTokens * this.promptMs);
    this.#output.add(ms * share, outputTokens);
  }
}
