import type { Exchange } from './exchange.js';

/** The requests that an upstream has, and the places that they take there. */
export class OpenExchanges {
  readonly #open = new Map<Exchange, { readonly model: string; readonly places: number }>();
  readonly #byModel = new Map<string, number>();
  #running = 0;

  /** Generations of all of them together. */
  get running(): number {
    return this.#running;
  }

  /** Generations with one model. */
  runningOf(model: string): number {
    return this.#byModel.get(model) ?? 0;
  }

  /** @param places 1 or more */
  add(exchange: Exchange, model: string, places: number): void {
    this.#open.set(exchange, { model, places });
    this.#count(model, places);
  }

  /** It is over; this may be called more than once. */
  remove(exchange: Exchange): void {
    const found = this.#open.get(exchange);
    if (found === undefined) return;
    this.#open.delete(exchange);
    this.#count(found.model, -found.places);
  }

  /** Ends all of them, without telling the listeners. */
  cancel(): void {
    for (const exchange of this.#open.keys()) exchange.cancel();
    this.#open.clear();
    this.#byModel.clear();
    this.#running = 0;
  }

  /** Begins to watch which of them are silent. */
  listen(): void {
    for (const exchange of this.#open.keys()) exchange.listen();
  }

  /**
   * Ends those for which nothing was received since {@link listen}: a server that is merely busy continues its
   * generations.
   */
  giveUpSilent(reason: string): void {
    for (const exchange of [...this.#open.keys()]) {
      if (exchange.isSilent) exchange.giveUp(reason);
    }
  }

  #count(model: string, places: number): void {
    const running = this.runningOf(model) + places;
    this.#running += places;
    if (running === 0) this.#byModel.delete(model);
    else this.#byModel.set(model, running);
  }
}
