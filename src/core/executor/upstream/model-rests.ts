import type { CancelTimer, Clock } from '../../base/clock.js';
import type { ModelNames } from './model-names.js';

interface Rest {
  readonly untilMs: number;
  readonly cancelEnd: CancelTimer;
}

/**
 * The parts of an upstream that are left alone for a time: one of its models, or all of it. A rest is over when its
 * timer runs, and not before: a timer that is slightly early would otherwise leave a rest whose end is not reported.
 */
export class ModelRests {
  readonly #names: Pick<ModelNames, 'models' | 'modelOf'>;
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  /** By the upstream's names of its models; null is the whole upstream. */
  readonly #rests = new Map<string | null, Rest>();

  /** @param onEnd called after the end of each rest */
  constructor(names: Pick<ModelNames, 'models' | 'modelOf'>, clock: Clock, onEnd: () => void) {
    this.#names = names;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /**
   * The upstream was too busy for a request: if it has several models, that model rests, otherwise the upstream. If it
   * is resting already, the later end counts.
   *
   * @param name by which a client has asked for the model; null if the upstream is too busy for any
   * @param ms how long it asks to be left alone, in milliseconds, 0 or more
   */
  add(name: string | null, ms: number): void {
    const subject = name !== null && this.#names.models.size > 1 ? this.#names.modelOf(name) : null;
    const untilMs = this.#clock.now() + ms;
    const known = this.#rests.get(subject);
    if (known !== undefined && known.untilMs >= untilMs) return;
    known?.cancelEnd();
    const cancelEnd = this.#clock.schedule(ms, () => {
      this.#rests.delete(subject);
      this.#onEnd();
    });
    this.#rests.set(subject, { untilMs, cancelEnd });
  }

  /** Whether nothing can be asked of the upstream: all of it rests, or each of its models. */
  get areAll(): boolean {
    if (this.#rests.size === 0) return false;
    const models = [...this.#names.models];
    return this.#rests.has(null) || (models.length > 0 && models.every((model) => this.#rests.has(model)));
  }

  /** Whether a model rests, by itself or with the whole upstream. @param name by which clients ask for it */
  includes(name: string): boolean {
    return this.#rests.size > 0 && (this.#rests.has(null) || this.#rests.has(this.#names.modelOf(name)));
  }

  /** Ends all of them without a word. */
  clear(): void {
    for (const { cancelEnd } of this.#rests.values()) cancelEnd();
    this.#rests.clear();
  }
}
