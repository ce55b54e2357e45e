import type { NodeLink } from './node-link.js';

/** A generation on a node. Each attempt has its own name, so that late messages of an earlier one are ignored. */
export interface Attempt {
  readonly id: string;
  readonly name: string;
  readonly link: NodeLink;
}

/** The generations that currently run on nodes: at most one attempt of each. */
export class Attempts {
  readonly #front: string;
  /** By the ids of their generations. */
  readonly #attempts = new Map<string, Attempt>();
  /** The same by their names, because a round of one node must not look at those of all others. */
  readonly #named = new Map<string, Attempt>();
  #count = 0;

  /** @param front whose attempts they are: nodes have those of several */
  constructor(front: string) {
    this.#front = front;
  }

  /** Replaces an earlier attempt of the generation. */
  add(id: string, link: NodeLink): Attempt {
    this.forget(id);
    this.#count += 1;
    const attempt = { id, name: `${id}-${this.#front}-${this.#count}`, link };
    this.#attempts.set(id, attempt);
    this.#named.set(attempt.name, attempt);
    return attempt;
  }

  named(name: string): Attempt | undefined {
    return this.#named.get(name);
  }

  on(link: NodeLink): readonly Attempt[] {
    return [...this.#attempts.values()].filter((attempt) => attempt.link === link);
  }

  /** Later messages about it are ignored. @returns the attempt, if there was one */
  forget(id: string): Attempt | undefined {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return undefined;
    this.#attempts.delete(id);
    this.#named.delete(attempt.name);
    return attempt;
  }

  clear(): void {
    this.#attempts.clear();
    this.#named.clear();
  }
}
