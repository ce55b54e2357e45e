import { Emitter, type Subscribable } from '../base/emitter.js';
import type { Executor, Replicas } from '../executor/executor.js';

/** The engines of a model that is loaded on demand: those of the current load, and none while it is not loaded. */
export class OnDemandReplicas implements Replicas {
  readonly #changes = new Emitter<undefined>();
  #current: Replicas | null = null;

  get executors(): readonly Executor[] {
    return this.#current?.executors ?? [];
  }

  get placesUp(): number {
    return this.#current?.placesUp ?? 0;
  }

  get changes(): Subscribable<undefined> {
    return this.#changes.subscribe;
  }

  /** @param replicas of a load that begins, or null when the model is gone, which the line knows already */
  follow(replicas: Replicas | null): void {
    this.#current = replicas;
    replicas?.changes(() => {
      if (this.#current === replicas) this.#changes.emit(undefined);
    });
  }
}
