import type { Job } from './job.js';
import type { Ticket } from './key-account.js';

/** A place in the order of starts: the position, from 1, and the work of those before it. */
export type Place = Pick<Ticket<Job>, 'position' | 'workAhead'>;

/**
 * The positions of waiting jobs if nothing changed. The order is computed as far as it is asked for and kept until the line
 * changes, so that all n positions together cost O(n log k) with k keys.
 */
export class StartPositions<J extends Job> {
  readonly #begin: () => Iterator<Ticket<J>>;
  /** The order as far as it has been asked for since the last change. */
  #order: Iterator<Ticket<J>> | null = null;
  #orderNumber = 0;
  #ordered = 0;
  #orderedWork = 0;

  /** @param begin the waiting jobs in the order in which they would start now */
  constructor(begin: () => Iterator<Ticket<J>>) {
    this.#begin = begin;
  }

  /** Has to be called when the order has changed. */
  forget(): void {
    this.#order = null;
  }

  /** @returns null for a job that is not in the line */
  placeOf(ticket: Ticket<J>): Place | null {
    const order = this.#currentOrder();
    while (ticket.positionAsOf !== this.#orderNumber) {
      if (!this.#advance(order)) return null;
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
    this.#ordered += 1;
    step.value.position = this.#ordered;
    step.value.workAhead = this.#orderedWork;
    this.#orderedWork += step.value.job.work;
    step.value.positionAsOf = this.#orderNumber;
    return true;
  }

  #currentOrder(): Iterator<Ticket<J>> {
    if (this.#order !== null) return this.#order;
    this.#orderNumber += 1;
    this.#ordered = 0;
    this.#orderedWork = 0;
    this.#order = this.#begin();
    return this.#order;
  }
}
