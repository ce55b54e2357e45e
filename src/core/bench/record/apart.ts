import { LatencyHistogram } from '../../measurement/histogram.js';
import type { RequestOutcome } from '../client/outcome.js';

/** Requests whose clients were to leave, `--cancel`. They are in no other figure. */
export interface LeaverCounts {
  readonly requests: number;
  /** Those that left; the others had their answer, or none, by then. */
  readonly left: number;
  readonly leftBeforeFirstToken: number;
  readonly answered: number;
  readonly unanswered: number;
}

/** Requests of one token beside the load, `--probe-rate`. */
export interface ProbeCounts {
  readonly completed: number;
  readonly unanswered: number;
  /** Encoded; null without samples. */
  readonly ttft: string | null;
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

export class ProbeCounter {
  readonly #ttft = new LatencyHistogram();
  #unanswered = 0;

  get counts(): ProbeCounts {
    const { count } = this.#ttft;
    return { completed: count, unanswered: this.#unanswered, ttft: count === 0 ? null : this.#ttft.encode() };
  }

  end(outcome: RequestOutcome): void {
    // With one token, the whole answer is there when its first token is.
    if (outcome.status === 'completed') this.#ttft.record(outcome.firstTokenUs - outcome.sendUs);
    else if (outcome.status !== 'aborted') this.#unanswered += 1;
  }
}
