import type { CancelTimer, Clock } from '../../base/clock.js';

/** A generation that has lost its node. */
interface Homeless {
  readonly sinceMs: number;
  cancelTimer: CancelTimer;
}

/**
 * How long generations that have lost their nodes wait for another one: no longer than others do in the queue. Attempts that
 * fail before they have brought a token share one patience.
 */
export class HomelessGenerations {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #giveUp: (id: string) => void;
  readonly #homeless = new Map<string, Homeless>();

  /**
   * @param patienceMs in milliseconds; 0 is unlimited
   * @param giveUp called when a generation has waited for so long
   */
  constructor(clock: Clock, patienceMs: number, giveUp: (id: string) => void) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#giveUp = giveUp;
  }

  /** It has no node any more. */
  lose(id: string): void {
    if (this.#patienceMs === 0) return;
    const known = this.#homeless.get(id);
    known?.cancelTimer();
    const nowMs = this.#clock.now();
    const sinceMs = known?.sinceMs ?? nowMs;
    const cancelTimer = this.#clock.schedule(Math.max(0, sinceMs + this.#patienceMs - nowMs), () => {
      this.#homeless.delete(id);
      this.#giveUp(id);
    });
    this.#homeless.set(id, { sinceMs, cancelTimer });
  }

  /** It is being continued on another node. */
  place(id: string): void {
    this.#homeless.get(id)?.cancelTimer();
  }

  /** A token of it has arrived, or it has ended. */
  settle(id: string): void {
    this.#homeless.get(id)?.cancelTimer();
    this.#homeless.delete(id);
  }

  stop(): void {
    for (const { cancelTimer } of this.#homeless.values()) cancelTimer();
    this.#homeless.clear();
  }
}
