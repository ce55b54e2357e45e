/** The most models that are told apart. */
const most = 100;

/** What stands for the models beyond that. */
const others = 'other';

/**
 * The names of models in usage and metrics. Clients cannot add any, since a request for an unknown model has no line; but
 * upstream servers may offer more and more, so that the first hundred are told apart, and the rest are `other`.
 */
export class ModelNames {
  readonly #known = new Set<string>();

  of(model: string): string {
    if (this.#known.has(model)) return model;
    if (this.#known.size >= most) return others;
    this.#known.add(model);
    return model;
  }
}
