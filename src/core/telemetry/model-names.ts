/** The maximum number of models that keep their names. */
const most = 100;

/** Stands for the models beyond that number. */
const others = 'other';

/**
 * The names of models in usage and metrics. Clients cannot add any, since a request for an unknown model has no line; but
 * upstream servers may offer more and more, so the first hundred keep their names, and the rest are `other`.
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
