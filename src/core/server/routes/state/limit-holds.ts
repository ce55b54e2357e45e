import type { Clock } from '../../../base/clock.js';
import { limitsHeldError } from '../../../base/refusals/queue-refusals.js';

/** What a client says of a limit that it sets for a while. */
export interface HoldRequest {
  /** Who it is: any text, the same with each of its requests. */
  readonly id: string;
  /** For how long from now it keeps others from holding the limit; 0 ends its hold. */
  readonly seconds: number;
}

interface Hold {
  readonly id: string;
  /** The max-concurrency that was set when it began, or when one before it began that ran out without an end. */
  readonly before: number;
  readonly untilMs: number;
}

/**
 * Who sets the max-concurrency of a line for a while and will put it back, as a bench does. There is one at a time: a second
 * one would take what the first has set for what is to be put back.
 */
export class LimitHolds {
  readonly #clock: Clock;
  readonly #holds = new Map<string | undefined, Hold>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Begins a hold, or extends it.
   *
   * @param model the line; undefined for the only one, or all
   * @param current its max-concurrency now
   * @returns a function that makes it undone
   * @throws ChatstreamError `limits_held` if someone else has one
   */
  hold(model: string | undefined, { id, seconds }: HoldRequest, current: number): () => void {
    this.check(model, id);
    const held = this.#holds.get(model);
    // One that ran out has left its setting behind: a change by anyone else would have removed it.
    this.#holds.set(model, { id, before: held?.before ?? current, untilMs: this.#clock.now() + seconds * 1000 });
    return () => {
      if (held === undefined) this.#holds.delete(model);
      else this.#holds.set(model, held);
    };
  }

  /** @throws ChatstreamError `limits_held` if someone else has a hold of the line */
  check(model: string | undefined, id: string): void {
    const held = this.#holds.get(model);
    const restMs = (held?.untilMs ?? 0) - this.#clock.now();
    if (held !== undefined && held.id !== id && restMs > 0) throw limitsHeldError(Math.ceil(restMs / 1000));
  }

  /** The max-concurrency to put back when this hold ends; undefined if there is none of this id: another change ended it. */
  before(model: string | undefined, id: string): number | undefined {
    const held = this.#holds.get(model);
    return held?.id === id ? held.before : undefined;
  }

  /** Ends the hold of a line. @param model undefined: the holds of all lines */
  end(model: string | undefined): void {
    if (model === undefined) this.#holds.clear();
    else this.#holds.delete(model);
  }
}
