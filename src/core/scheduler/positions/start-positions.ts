import type { Job } from '../jobs/job.js';
import type { Ticket } from '../jobs/key-account.js';
import { rankOf } from '../jobs/traffic-class.js';
import type { Moment } from './moment.js';
import type { StartRank } from './start-ranks.js';

/** How positions are found; see `StartRanks` and `startOrder`. */
export interface PositionSources<J extends Job> {
  /** Computes positions individually; null if only the order can tell. */
  readonly ranks: {
    of(ticket: Ticket<J>): StartRank | null;
  };
  /** The waiting jobs in the order in which they would start now. */
  readonly begin: () => Iterator<Ticket<J>>;
  /** Of which all of them are. */
  readonly moment: Moment<J>;
}

/**
 * The positions of waiting jobs if nothing changed: between two changes of the line all of one moment, so that no two jobs have the
 * same. They are found on their own. Where only the order can tell, it is computed, as far as it is asked for, and kept until the line
 * changes. Either way, all n positions together cost O(n log n).
 */
export class StartPositions<J extends Job> {
  readonly #sources: PositionSources<J>;
  /** The order as far as it has been asked for since the last change. */
  #order: Iterator<Ticket<J>> | null = null;
  /** Whether positions are taken from the order, and no longer computed individually. */
  #isInTurns = false;
  /** Places of those in it. */
  #ordered = 0;
  #orderedWork = 0;
  #allSinceMs = -Infinity;

  constructor(sources: PositionSources<J>) {
    this.#sources = sources;
  }

  /** Must be called when the order has changed. */
  forget(): void {
    this.#sources.moment.end();
    this.#order = null;
    this.#isInTurns = false;
  }

  /** @returns null for a job that is not in the line */
  rankOf(ticket: Ticket<J>): StartRank | null {
    return this.#isKnown(ticket) || this.#advanceTo(ticket, Infinity) ? ticket : null;
  }

  /**
   * When the last of the jobs up to one came, if all of them are interactive and need one place each.
   *
   * @param most the last position that is of interest
   * @returns null if they are not, or it is behind that position
   */
  allSinceMs(ticket: Ticket<J>, most: number): number | null {
    if (this.#isKnown(ticket) && ticket.position > most) return null;
    if (!this.#advanceTo(ticket, most)) return null;
    return Number.isFinite(ticket.allSinceMs) ? ticket.allSinceMs : null;
  }

  /** See `JobLine.isLate`. */
  isLate(ticket: Ticket<J>, isLate: (position: number, workAhead: number) => boolean): boolean {
    if (!this.#isKnown(ticket)) {
      const order = this.#currentOrder();
      while (!this.#isMarked(ticket)) {
        // Those who come before it are late already.
        if (isLate(this.#ordered + 1, this.#orderedWork) || !this.#advance(order)) return true;
      }
    }
    return isLate(ticket.position, ticket.workAhead);
  }

  /** Whether its position has been found since the last change, or can be found on its own. */
  #isKnown(ticket: Ticket<J>): boolean {
    this.#sources.moment.begin();
    if (this.#isMarked(ticket)) return true;
    const { ranks } = this.#sources;
    const rank = this.#isInTurns ? null : ranks.of(ticket);
    this.#isInTurns = rank === null;
    if (rank === null) return false;
    ticket.position = rank.position;
    ticket.workAhead = rank.workAhead;
    ticket.allSinceMs = Number.NaN;
    ticket.positionAsOf = this.#sources.moment.number;
    return true;
  }

  #isMarked({ positionAsOf }: Ticket<J>): boolean {
    return positionAsOf === this.#sources.moment.number;
  }

  /** @returns false if it is not in the order, or behind that position */
  #advanceTo(ticket: Ticket<J>, most: number): boolean {
    const order = this.#currentOrder();
    // If positions are computed individually, nothing else is known.
    while (!this.#isMarked(ticket) || Number.isNaN(ticket.allSinceMs)) {
      if (this.#ordered >= most || !this.#advance(order)) return false;
    }
    return true;
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
    step.value.positionAsOf = this.#sources.moment.number;
    return true;
  }

  #currentOrder(): Iterator<Ticket<J>> {
    if (this.#order !== null) return this.#order;
    this.#ordered = 0;
    this.#orderedWork = 0;
    this.#allSinceMs = -Infinity;
    this.#order = this.#sources.begin();
    return this.#order;
  }
}
