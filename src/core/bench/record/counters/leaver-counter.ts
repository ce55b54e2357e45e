import type { RequestOutcome } from '../../client/outcome.js';

/** Requests whose clients were to leave (`--cancel`). They are not part of any other figure. */
export interface LeaverCounts {
  readonly requests: number;
  /** Clients that left; the others had their answer, or none, by then. */
  readonly left: number;
  readonly leftBeforeFirstToken: number;
  readonly answered: number;
  readonly unanswered: number;
}

export class LeaverCounter {
  #inFlight = 0;
  readonly #counts = { requests: 0, left: 0, leftBeforeFirstToken: 0, answered: 0, unanswered: 0 };

  get inFlight(): number {
    return this.#inFlight;
  }

  get counts(): LeaverCounts {
    return { ...this.#counts };
  }

  begin(): void {
    this.#inFlight += 1;
  }

  end(outcome: RequestOutcome): void {
    this.#inFlight -= 1;
    if (outcome.status === 'aborted') return;
    this.#counts.requests += 1;
    if (outcome.status === 'completed') this.#counts.answered += 1;
    else if (outcome.status === 'cancelled') {
      this.#counts.left += 1;
      if ((outcome.tokenChunks ?? 0) === 0) this.#counts.leftBeforeFirstToken += 1;
    } else this.#counts.unanswered += 1;
  }
}
