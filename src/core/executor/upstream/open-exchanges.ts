import type { Exchange } from './exchange.js';

/** The requests that an upstream has, and the places that they take there. */
export class OpenExchanges {
  /** With the places that each takes. */
  readonly #places = new Map<Exchange, number>();
  #running = 0;

  /** Generations of all of them together. */
  get running(): number {
    return this.#running;
  }

  /** @param places 1 or more */
  add(exchange: Exchange, places: number): void {
    this.#places.set(exchange, places);
    this.#running += places;
  }

  /** It is over; that may be said more than once. */
  remove(exchange: Exchange): void {
    this.#running -= this.#places.get(exchange) ?? 0;
    this.#places.delete(exchange);
  }

  /** Ends all of them, without a word to those who listen. */
  cancel(): void {
    for (const exchange of this.#places.keys()) exchange.cancel();
    this.#places.clear();
    this.#running = 0;
  }

  /** Begins to watch which of them are silent. */
  listen(): void {
    for (const exchange of this.#places.keys()) exchange.listen();
  }

  /** Ends those of which nothing was heard since {@link listen}: a server that is only busy goes on with its generations. */
  giveUpSilent(reason: string): void {
    for (const exchange of [...this.#places.keys()]) {
      if (exchange.isSilent) exchange.giveUp(reason);
    }
  }
}
