import { LatencyHistogram } from '../../../measurement/latency/histogram.js';
import type { RequestOutcome } from '../../client/outcome.js';

/** Requests of one token beside the load (`--probe-rate`). */
export interface ProbeCounts {
  readonly completed: number;
  readonly unanswered: number;
  /** Encoded; null without samples. */
  readonly ttft: string | null;
}

export class ProbeCounter {
  readonly #ttft = new LatencyHistogram();
  #unanswered = 0;

  get counts(): ProbeCounts {
    const { count } = this.#ttft;
    return { completed: count, unanswered: this.#unanswered, ttft: count === 0 ? null : this.#ttft.encode() };
  }

  end(outcome: RequestOutcome): void {
    // With one token, the whole answer has arrived when its first token has.
    if (outcome.status === 'completed') this.#ttft.record(outcome.firstTokenUs - outcome.sendUs);
    else if (outcome.status !== 'aborted') this.#unanswered += 1;
  }
}
