import { microsNow } from '../../../base/micros.js';

/** A request that was held back and is now sent. */
type Held = () => void;

/** Limits how many requests of an open loop are in flight; the others are held back, and sent in their order. */
export class InFlightLimit {
  #free: number;
  readonly #held: Held[] = [];

  /** @param most requests in flight, 1 or more */
  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Sends a request that is due, now or when there is room.
   *
   * @param onHold called if there is none
   * @param send gets the time for which it was held back, in microseconds from when it was due; null if it was not
   * @returns what `send` returns
   */
  async enter<Outcome>(
    dueUs: number,
    onHold: () => void,
    send: (heldUs: number | null) => Promise<Outcome>,
  ): Promise<Outcome> {
    let heldUs: number | null = null;
    if (this.#free > 0) this.#free -= 1;
    else {
      onHold();
      await new Promise<void>((resolve) => this.#held.push(resolve));
      heldUs = Math.max(0, microsNow() - dueUs);
    }
    try {
      return await send(heldUs);
    } finally {
      this.#leave();
    }
  }

  /** Gives the free place to the request that has been held back longest. */
  #leave(): void {
    const next = this.#held.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
