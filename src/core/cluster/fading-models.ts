import type { CancelTimer, Clock } from '../base/clock.js';

export interface FadingModelsOptions {
  readonly clock: Clock;
  /** A model that is still needed stays, and is checked again later. */
  readonly isNeeded: (name: string) => boolean;
  readonly forget: (name: string) => void;
}

/**
 * How long a model without nodes is remembered, in milliseconds: clients of a node that is being restarted should be
 * told to try again, rather than that there is no such model.
 */
const memoryMs = 60_000;

/** Models that have lost their nodes. They are forgotten after a while unless they have some again. */
export class FadingModels {
  readonly #options: FadingModelsOptions;
  readonly #forgetting = new Map<string, CancelTimer>();

  constructor(options: FadingModelsOptions) {
    this.#options = options;
  }

  /** Records whether a model has nodes. */
  see(name: string, hasNodes: boolean): void {
    if (hasNodes) {
      this.#forgetting.get(name)?.();
      this.#forgetting.delete(name);
    } else if (!this.#forgetting.has(name)) this.#forgetLater(name);
  }

  stop(): void {
    for (const cancelTimer of this.#forgetting.values()) cancelTimer();
    this.#forgetting.clear();
  }

  #forgetLater(name: string): void {
    const { clock, isNeeded, forget } = this.#options;
    const cancelTimer = clock.schedule(memoryMs, () => {
      if (isNeeded(name)) {
        this.#forgetLater(name);
        return;
      }
      this.#forgetting.delete(name);
      forget(name);
    });
    this.#forgetting.set(name, cancelTimer);
  }
}
