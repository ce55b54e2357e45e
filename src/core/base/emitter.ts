/** Removes the listener. Calling it twice does nothing. */
type Unsubscribe = () => void;

/** The half of an {@link Emitter} that may be handed out: others can only listen, and only the owner can emit. */
export type Subscribable<T> = (listener: (event: T) => void) => Unsubscribe;

/**
 * One typed event. Listeners run synchronously in the order in which they subscribed; one that throws is a bug in the
 * listener and surfaces where the event was emitted.
 */
export class Emitter<T> {
  readonly #listeners = new Set<(event: T) => void>();

  /**
   * Subscribes, and returns a function that unsubscribes. A listener that is removed during an emit is no longer
   * called.
   */
  readonly subscribe: Subscribable<T> = (listener) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  emit(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }
}
