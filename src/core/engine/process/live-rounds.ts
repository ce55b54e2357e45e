import type { GenerationEvent, Round } from '../engine.js';

/**
 * Cancelling takes effect here at once, but in the engine process only when the message gets there: what its rounds
 * still say about a cancelled generation is left out.
 */
export class LiveRounds {
  readonly #live = new Set<string>();

  begin(id: string): void {
    this.#live.add(id);
  }

  cancel(id: string): void {
    this.#live.delete(id);
  }

  /** The round without the cancelled generations. Nearly always that is the round itself. */
  filter(round: Round): Round {
    const isLive = ({ id }: GenerationEvent): boolean => this.#live.has(id);
    const filtered = round.events.every(isLive) ? round : { ...round, events: round.events.filter(isLive) };
    for (const { type, id } of filtered.events) {
      if (type === 'ended' || type === 'failed') this.#live.delete(id);
    }
    return filtered;
  }
}
