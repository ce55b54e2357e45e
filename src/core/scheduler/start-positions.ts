import type { Job } from './job.js';
import type { Ticket } from './key-account.js';
import { rankOf } from './traffic-class.js';

/** A place in the order of starts: the position, from 1, and what is known of those before it. */
export type Place = Pick<Ticket<Job>, 'position' | 'workAhead' | 'allSinceMs'>;

/**
 * The positions of waiting jobs if nothing changed. The order is computed as far as it is asked for and kept until the line
 * changes, so that all n positions together cost O(n log k) with k keys.
 */
export class StartPositions<J extends Job> {
  readonly #begin: () => Iterator<Ticket<J>>;
  /** The order as far as it has been asked for since the last change. */
  #order: Iterator<Ticket<J>> | null = null;
  #orderNumber = 0;
  /** Places of those in it. */
  #ordered = 0;
  #orderedWork = 0;
  #allSinceMs = -Infinity;

  /** @param begin the waiting jobs in the order in which they would start now */
  constructor(begin: () => Iterator<Ticket<J>>) {
    this.#begin = begin;
  }

  /** Has to be called when the order has changed. */
  forget(): void {
    this.#order = null;
  }

  /**
   * @param most the last place that is of interest
   * @returns null for a job that is not in the line, or behind that place
   */
  placeOf(ticket: Ticket<J>, most = Infinity): Place | null {
    const order = this.#currentOrder();
    while (ticket.positionAsOf !== this.#orderNumber) {
      if (this.#ordered >= most || !this.#advance(order)) return null;
    }
    return ticket;
  }

  /** See `JobLine.isLate`. */
  isLate(ticket: Ticket<J>, isLate: (position: number, workAhead: number) => boolean): boolean {
    const order = this.#currentOrder();
    while (ticket.positionAsOf !== this.#orderNumber) {
      // Those who come before it are late already.
      if (isLate(this.#ordered + 1, this.#orderedWork) || !this.#advance(order)) return true;
    }
    return isLate(ticket.position, ticket.workAhead);
  }

  #advance(order: Iterator<Ticket<J>>): boolean {
    const step = order.next();
    if (step.done === true) return false;
    step.value.position = this.#ordered + 1;
    this.#ordered += step.value.places;
    step.value.workAhead = this.#orderedWork;
    this.#orderedWork += step.value.job.work;
    const { lane, enteredMs, places } = step.value;
    const canPause = lane.rank === rankOf('interactive') && places === 1;
    this.#allSinceMs = canPause ? Math.max(this.#allSinceMs, enteredMs) : Infinity;
    step.value.allSinceMs = this.#allSinceMs;
    step.value.positionAsOf = this.#orderNumber;
    return true;
  }

  #currentOrder(): Iterator<Ticket<J>> {
    if (this.#order !== null) return this.#order;
    this.#orderNumber += 1;
    this.#ordered = 0;
    this.#orderedWork = 0;
    this.#allSinceMs = -Infinity;
    this.#order = this.#begin();
    return this.#order;
  }
}
