import { microsNow } from '../../base/micros.js';

/** A request that was held back, and is sent now. */
type Held = () => void;

/** Lets only so many requests of an open loop be in flight; the others are held back, and are sent in their order. */
export class InFlightLimit {
  #free: number;
  readonly #held: Held[] = [];
  #onEmpty: (() => void) | null = null;

  /** @param most requests in flight, 1 or more */
  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Sends a request that is due, now or when there is room.
   *
   * @param onHold called if there is none
   * @param send is told how long it was held back, in microseconds from when it was due; null if it was not
   */
  enter(dueUs: number, onHold: () => void, send: (heldUs: number | null) => Promise<unknown>): void {
    const begin = (heldUs: number | null): void => {
      this.#free -= 1;
      void send(heldUs).finally(() => {
        this.#leave();
      });
    };
    if (this.#free > 0) {
      begin(null);
      return;
    }
    onHold();
    this.#held.push(() => {
      begin(Math.max(0, microsNow() - dueUs));
    });
  }

  /** Resolves when nothing is held back any more. */
  async emptied(): Promise<void> {
    if (this.#held.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #leave(): void {
    this.#free += 1;
    this.#held.shift()?.();
    if (this.#held.length === 0) this.#onEmpty?.();
  }
}
