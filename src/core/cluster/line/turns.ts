import type { Turn } from '../messages.js';

/** What is known about a waiting request. */
interface Waiting {
  turn: Turn | null;
  /** On the clock of the holder, in milliseconds. */
  arrivedMs: number;
}

/** Gives turns to requests that arrive while this process holds the line, each after all others. */
export class Turns {
  readonly #lease: number;
  #given = 0;

  /** @param lease the number of the lease: turns that were given under an earlier one come first */
  constructor(lease: number) {
    this.#lease = lease;
  }

  next(): Turn {
    this.#given += 1;
    return [this.#lease, this.#given];
  }
}

/**
 * The order of waiting requests that fronts have registered again, all of which then have turns, with matching times of
 * arrival.
 *
 * Requests whose fronts were told a turn keep it. The others come after them, by their arrival, because their fronts do
 * not know yet that they wait. Arrival alone would not be enough: it is derived from how long a request had waited
 * according to its front, which makes it seem later by the time that the message took, and by a second more if it got
 * lost and was sent again.
 */
export function inTurn<T extends Waiting>(waiting: readonly T[], turns: Turns): readonly T[] {
  const told = waiting.filter(({ turn }) => turn !== null).toSorted(byTurn);
  const others = waiting.filter(({ turn }) => turn === null).toSorted((one, other) => one.arrivedMs - other.arrivedMs);
  for (const request of others) request.turn = turns.next();
  const all = [...told, ...others];
  // Their order counts, not their original times: none has arrived later than the next one.
  let cameMs = Infinity;
  for (const request of all.toReversed()) {
    cameMs = Math.min(cameMs, request.arrivedMs);
    request.arrivedMs = cameMs;
  }
  return all;
}

function byTurn({ turn }: Waiting, { turn: otherTurn }: Waiting): number {
  const [[lease, number], [otherLease, otherNumber]] = [turn ?? none, otherTurn ?? none];
  return lease - otherLease || number - otherNumber;
}

const none: Turn = [0, 0];
