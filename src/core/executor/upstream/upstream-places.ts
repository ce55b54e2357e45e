import type { Discovery } from './discovery.js';

/** How many generations an upstream gets at once: as many as an operator has set, otherwise as many as it reports. */
export class UpstreamPlaces {
  readonly #given: number | null;
  #told: number | null = null;
  #byModel: ReadonlyMap<string, number> = new Map();
  /** Whether it has answered the question, even if without a number. */
  #hasTold = false;

  /** @param given 1 or more; null to ask the upstream */
  constructor(given: number | null) {
    this.#given = given;
  }

  /** Those of all models together, 1 or more. */
  get all(): number {
    return this.#given ?? this.#told ?? 1;
  }

  /** Whether they are those that it has, and not one because nothing says how many. */
  get areKnown(): boolean {
    return (this.#given ?? this.#told) !== null;
  }

  /** Its latest report; undefined if it has to be asked. */
  get told(): number | null | undefined {
    return this.#hasTold ? this.#told : undefined;
  }

  /** Those of one model, from 1 to {@link all}. @param model by the upstream's own name */
  of(model: string): number {
    const own = this.#given === null ? this.#byModel.get(model) : undefined;
    return Math.min(own ?? this.all, this.all);
  }

  /** @param isNew whether it is of another kind than before */
  tell({ places, placesByModel = new Map() }: Discovery, isNew: boolean): void {
    this.#hasTold = places !== undefined;
    // While it is too busy to answer, it has as many as before.
    if (places !== undefined || isNew) this.#told = places ?? null;
    this.#byModel = placesByModel;
  }

  /** Changes whenever any of these numbers does. */
  toString(): string {
    return `${this.all} ${[...this.#byModel].join()}`;
  }
}
