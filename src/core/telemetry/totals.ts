import type { Subscribable } from '../base/emitter.js';
import { type InferenceEvent, type Outcome, wasComputed } from '../inference/request.js';

/** The outcomes as operators count them: a client that left is one outcome, whether its request waited or ran. */
export const countedOutcomes = ['completed', 'cancelled', 'refused', 'timed_out', 'failed'] as const;

export type CountedOutcome = (typeof countedOutcomes)[number];

const counted: Readonly<Record<Outcome, CountedOutcome>> = {
  completed: 'completed',
  cancelled_waiting: 'cancelled',
  cancelled_running: 'cancelled',
  refused: 'refused',
  timed_out: 'timed_out',
  failed: 'failed',
};

export function countedOutcome(outcome: Outcome): CountedOutcome {
  return counted[outcome];
}

/** Tokens of requests that have ended, except of those that never left the queue. */
export interface TokenTotals {
  readonly prompt: number;
  /** Those of the prompts that needed no prefill. */
  readonly cached: number;
  readonly output: number;
}

/** Requests that have ended since the start, by outcome, and their tokens, as `/v1/queue` shows them. */
export class Totals {
  readonly #counts: Record<CountedOutcome, number> = {
    completed: 0,
    cancelled: 0,
    refused: 0,
    timed_out: 0,
    failed: 0,
  };

  #tokens: TokenTotals = { prompt: 0, cached: 0, output: 0 };

  constructor(events: Subscribable<InferenceEvent>) {
    events((event) => {
      if (event.type !== 'settled') return;
      this.#counts[countedOutcome(event.outcome)] += 1;
      if (!wasComputed(event.timings)) return;
      const { promptTokens, cachedTokens, outputTokens } = event.timings;
      const { prompt, cached, output } = this.#tokens;
      this.#tokens = { prompt: prompt + promptTokens, cached: cached + cachedTokens, output: output + outputTokens };
    });
  }

  get tokens(): TokenTotals {
    return this.#tokens;
  }

  get counts(): Readonly<Record<CountedOutcome, number>> {
    return this.#counts;
  }
}
