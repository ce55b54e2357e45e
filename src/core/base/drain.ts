/** Accepts nothing new once it has begun, and ends when nothing is left. */
export class Drain {
  readonly #isEmpty: () => boolean;
  readonly #waiting: (() => void)[] = [];
  #hasBegun = false;

  /** @param isEmpty whether nothing is left */
  constructor(isEmpty: () => boolean) {
    this.#isEmpty = isEmpty;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Begins the drain, if it has not begun. Resolves when it ends. */
  begin(): Promise<void> {
    this.#hasBegun = true;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.settle();
    });
  }

  /** Must be called whenever something has ended. */
  settle(): void {
    if (!this.#hasBegun || !this.#isEmpty()) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
