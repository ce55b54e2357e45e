/**
 * Which nodes may still hold which beginnings of prompts. They are looked up by fingerprint, because a request has a
 * few of them, and a thousand nodes have hundreds of thousands.
 */
export class WarmPrefixes {
  readonly #nodes = new Map<string, Set<string>>();
  readonly #fingerprints = new Map<string, ReadonlySet<string>>();

  /** A node reports what it may still hold. */
  set(node: string, fingerprints: readonly string[]): void {
    const now = new Set(fingerprints);
    const before = this.#fingerprints.get(node) ?? new Set();
    for (const fingerprint of before) if (!now.has(fingerprint)) this.#remove(node, fingerprint);
    for (const fingerprint of now) if (!before.has(fingerprint)) this.#add(node, fingerprint);
    this.#fingerprints.set(node, now);
  }

  /** A node is gone. */
  delete(node: string): void {
    for (const fingerprint of this.#fingerprints.get(node) ?? []) this.#remove(node, fingerprint);
    this.#fingerprints.delete(node);
  }

  /**
   * @param prefixes fingerprints of a prompt's beginnings, the shortest first
   * @returns the nodes that hold one of them, with the share of the prompt that they hold, up to 1
   */
  sharesOf(prefixes: readonly string[]): ReadonlyMap<string, number> {
    const shares = new Map<string, number>();
    for (let length = 1; length <= prefixes.length; length += 1) {
      for (const node of this.#nodes.get(prefixes[length - 1] ?? '') ?? []) shares.set(node, length / prefixes.length);
    }
    return shares;
  }

  #add(node: string, fingerprint: string): void {
    const nodes = this.#nodes.get(fingerprint);
    if (nodes === undefined) this.#nodes.set(fingerprint, new Set([node]));
    else nodes.add(node);
  }

  #remove(node: string, fingerprint: string): void {
    const nodes = this.#nodes.get(fingerprint);
    nodes?.delete(node);
    if (nodes?.size === 0) this.#nodes.delete(fingerprint);
  }
}
