import type { UpstreamOptions } from './upstream-options.js';

/** The names of an upstream's models: those that clients use, and its own. */
export class ModelNames {
  readonly #used: UpstreamOptions['models'];
  /** The upstream's own names for its models; null if it does not report them, and is asked for any. */
  listed: readonly string[] | null = [];

  /** @param used the models of it that are used; empty for all */
  constructor(used: UpstreamOptions['models']) {
    this.#used = used;
  }

  /** The names by which clients ask for its models; null if it takes any. */
  get all(): readonly string[] | null {
    return this.#used.length > 0 ? this.#used.map(({ name }) => name) : this.listed;
  }

  includes(name: string): boolean {
    return this.all?.includes(name) ?? true;
  }

  /** Its own name for a model; null to leave the name as it is. */
  upstreamName(name: string): string | null {
    const used = this.#used.find((model) => model.name === name);
    if (used === undefined) return null;
    if (used.upstreamName !== null) return used.upstreamName;
    return this.listed?.includes(name) === true ? null : (this.listed?.[0] ?? null);
  }

  /** The same for all names: two of them may stand for one model. */
  modelOf(name: string): string {
    return this.upstreamName(name) ?? name;
  }

  /** Its models that are used, by its own names; none if it takes any. */
  get models(): ReadonlySet<string> {
    return new Set((this.all ?? []).map((name) => this.modelOf(name)));
  }
}
