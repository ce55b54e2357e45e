import type { Job } from '../jobs/job.js';
import { type KeyAccount, MeanLength, outputWeight, promptWeight, type Ticket } from '../jobs/key-account.js';

/** The expected length of answers before any was complete, in output tokens. */
const firstGuess = 64;

/** The cost of a job so far, in weighted tokens: its prompt, except for the cached part, and its output. */
export function costOf({
  promptTokens,
  cachedTokens,
  outputTokens,
}: {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}): number {
  return (promptTokens - cachedTokens) * promptWeight + outputTokens * outputWeight;
}

/** What a key pays for a job when it starts, apart from the length of its answer. */
export interface Price {
  /** Weighted tokens, whatever its length: of the prompt, less what has been paid. */
  readonly fixed: number;
  /** Output tokens that it has already, and at most in each of its places. */
  readonly outputTokens: number;
  readonly maxTokens: number;
  readonly places: number;
  readonly share: number;
}

/** The service that a key pays for. @param answer how long its answers are expected to be, in output tokens */
export function serviceAt({ fixed, outputTokens, maxTokens, places, share }: Price, answer: number): number {
  return (fixed + Math.max(outputTokens, Math.min(maxTokens, answer) * places) * outputWeight) / share;
}

/**
 * What keys pay for their jobs, in weighted tokens. A key pays when its job starts: for the prompt, and for as many
 * output tokens as its answers had on average. It pays for each further token as it is generated, and gets a refund for
 * cached tokens and, when the job ends or is paused, for what was too much. If keys paid only for what has been
 * generated, all slots that become free at once would go to one key. Everything counts by the share that the key had
 * when the job began, because otherwise a refund could exceed the payment once the share has become smaller.
 */
export class ServiceCharges<J extends Job> {
  /** Of the answers of all keys. */
  readonly #lengths = new MeanLength();

  /** The service that a key pays for when a job starts, or continues: weighted tokens divided by the share. */
  serviceOf(ticket: Ticket<J>): number {
    return this.#costOf(ticket) / shareOf(ticket);
  }

  /** The values from which {@link serviceOf} is computed, together with the length of answers. */
  priceOf(ticket: Ticket<J>): Price {
    const { job, outputTokens, places, charged } = ticket;
    const fixed = uncachedTokens(ticket) * promptWeight - charged;
    return { fixed, outputTokens, maxTokens: job.demand.maxTokens, places, share: shareOf(ticket) };
  }

  /** The same for a key that has had no answer. */
  get usualAnswer(): number {
    return Math.round(this.#lengths.mean ?? firstGuess);
  }

  /** The expected length of a key's answers without a limit, in output tokens. */
  answerOf({ lengths }: KeyAccount<J>): number {
    return Math.round(lengths.mean ?? this.#lengths.mean ?? firstGuess);
  }

  /** A job starts, or continues. @param rank the class in which it has competed */
  started(ticket: Ticket<J>, rank: number): void {
    const cost = this.#costOf(ticket);
    ticket.share = shareOf(ticket);
    ticket.rank = rank;
    ticket.expectedTokens = this.#expectedTokens(ticket);
    charge(ticket, cost);
  }

  /** A job that was started elsewhere, where its key has paid, runs. @param former what it has paid and got there, if known */
  adopted(ticket: Ticket<J>, former: Ticket<J> | null): void {
    if (former !== null) {
      const { charged, share, rank, expectedTokens, cachedTokens, outputTokens } = former;
      Object.assign(ticket, { charged, share, rank, expectedTokens, cachedTokens, outputTokens });
      return;
    }
    ticket.charged = this.#costOf(ticket);
    ticket.share = shareOf(ticket);
    ticket.rank = ticket.lane.rank;
    ticket.expectedTokens = this.#expectedTokens(ticket);
  }

  /** @param tokens as they were counted; the key has paid for no more of them than its prompt was estimated to have */
  cached(ticket: Ticket<J>, tokens: number): void {
    const paid = Math.min(tokens, ticket.job.demand.promptTokens);
    ticket.cachedTokens = paid;
    charge(ticket, -paid * promptWeight);
  }

  /** @returns whether that was paid for in advance */
  produced(ticket: Ticket<J>): boolean {
    ticket.outputTokens += 1;
    if (ticket.outputTokens <= ticket.expectedTokens) return true;
    charge(ticket, outputWeight);
    return false;
  }

  /** A job ends, or is paused. */
  stopped(ticket: Ticket<J>): void {
    const { job, cachedTokens, outputTokens } = ticket;
    const cost = costOf({ promptTokens: job.demand.promptTokens, cachedTokens, outputTokens });
    charge(ticket, cost - ticket.charged);
  }

  /** An answer has reached its final length. */
  completed({ lane, outputTokens, places }: Ticket<J>): void {
    if (outputTokens === 0) return;
    lane.account.lengths.add(outputTokens / places);
    this.#lengths.add(outputTokens / places);
  }

  /** What a key pays when a job starts, or continues, in weighted tokens. */
  #costOf(ticket: Ticket<J>): number {
    return uncachedTokens(ticket) * promptWeight + this.#expectedTokens(ticket) * outputWeight - ticket.charged;
  }

  /** How long its answers are expected to be, one for each place, no shorter than they are already. */
  #expectedTokens({ job, lane, outputTokens, places }: Ticket<J>): number {
    const answer = this.answerOf(lane.account);
    return Math.max(outputTokens, Math.min(job.demand.maxTokens, answer) * places);
  }
}

function uncachedTokens({ job, cachedTokens }: { readonly job: Job; readonly cachedTokens: number }): number {
  return job.demand.promptTokens - cachedTokens;
}

function charge<J>(ticket: Ticket<J>, tokens: number): void {
  ticket.charged += tokens;
  ticket.lane.account.charge(ticket.rank, tokens / ticket.share);
}

/** For a job that has not begun, the share is that of its key now. */
function shareOf<J>({ share, lane }: Ticket<J>): number {
  return share > 0 ? share : lane.account.terms.share;
}
