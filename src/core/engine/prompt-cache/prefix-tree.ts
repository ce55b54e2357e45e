import type { Token } from '../engine.js';

interface Node<T> {
  /** The tokens from the parent to here; empty only for the root. */
  label: readonly Token[];
  parent: Node<T> | null;
  /** By the first token of their label. */
  readonly children: Map<Token, Node<T>>;
  /** Set if a sequence ends here. Boxed, so that every value can be stored. */
  entry: { readonly value: T } | null;
}

/** What a tree holds for a sequence with the beginning of the requested one. */
export interface PrefixMatch<T> {
  readonly value: T;
  /** Length of the beginning that both sequences have in common, in tokens, 1 or more. */
  readonly shared: number;
  /** Length of the stored sequence, in tokens, at least `shared`. */
  readonly length: number;
}

/**
 * A radix tree of token sequences. Looking up, adding and removing cost at most the length of the sequence, however many
 * are stored; finding the shortest of several continuations costs one step for each of their nodes.
 *
 *     [1 2 3 4 5]  ──▶  root ─ 1 2 3 ┬─ 4 5    (a)
 *     [1 2 3 7]                      └─ 7 ┬─    (b)
 *     [1 2 3 7 8]                         └─ 8  (c)
 *
 *     find [1 2 3 7 9]  ──▶  b, shared 4        find [1 2 9]  ──▶  b, shared 2: the shortest that begins with 1 2
 */
export class PrefixTree<T> {
  readonly #root: Node<T> = { label: [], parent: null, children: new Map(), entry: null };

  /** Stores a value, replacing that of the same sequence. Ignores an empty sequence. */
  set(tokens: readonly Token[], value: T): void {
    let node = this.#root;
    let at = 0;
    while (at < tokens.length) {
      const child = node.children.get(tokens[at] ?? -1);
      if (child === undefined) {
        const leaf: Node<T> = { label: tokens.slice(at), parent: node, children: new Map(), entry: { value } };
        attach(leaf, node);
        return;
      }
      const shared = sharedLength(child.label, tokens, at);
      node = shared < child.label.length ? split(child, shared) : child;
      at += shared;
    }
    if (node !== this.#root) node.entry = { value };
  }

  /** @returns whether the sequence was stored */
  delete(tokens: readonly Token[]): boolean {
    const { node, matched, inLabel } = this.#descend(tokens);
    if (matched < tokens.length || inLabel < node.label.length || node.entry === null) return false;
    node.entry = null;
    prune(node);
    return true;
  }

  /**
   * The stored sequence with the longest beginning in common with `tokens`; the shortest of several.
   *
   * @returns null if no stored sequence begins with the same token
   */
  find(tokens: readonly Token[]): PrefixMatch<T> | null {
    const { node, matched, inLabel } = this.#descend(tokens);
    if (matched === 0) return null;
    const shortest = shortestBelow(node);
    return shortest === null
      ? null
      : { ...shortest, shared: matched, length: matched - inLabel + node.label.length + shortest.length };
  }

  /** The values of all stored sequences with which `tokens` begins, itself included, the shortest first. */
  *beginnings(tokens: readonly Token[]): Generator<T> {
    let node = this.#root;
    for (let at = 0; at < tokens.length; at += node.label.length) {
      const child = node.children.get(tokens[at] ?? -1);
      if (child === undefined || sharedLength(child.label, tokens, at) < child.label.length) return;
      node = child;
      if (node.entry !== null) yield node.entry.value;
    }
  }

  /** @returns the deepest node that shares tokens, how many are shared in all, and how many of them in its label */
  #descend(tokens: readonly Token[]): { readonly node: Node<T>; readonly matched: number; readonly inLabel: number } {
    let node = this.#root;
    let matched = 0;
    for (;;) {
      const child = matched < tokens.length ? node.children.get(tokens[matched] ?? -1) : undefined;
      if (child === undefined) return { node, matched, inLabel: node.label.length };
      const shared = sharedLength(child.label, tokens, matched);
      matched += shared;
      node = child;
      if (shared < child.label.length) return { node, matched, inLabel: shared };
    }
  }
}

/** How many tokens of `label` equal those of `tokens` from `at` on. */
function sharedLength(label: readonly Token[], tokens: readonly Token[], at: number): number {
  let length = 0;
  while (length < label.length && at + length < tokens.length && label[length] === tokens[at + length]) length += 1;
  return length;
}

function attach<T>(node: Node<T>, parent: Node<T>): void {
  node.parent = parent;
  const [first] = node.label;
  if (first !== undefined) parent.children.set(first, node);
}

/** Puts a node between `child` and its parent. @returns that node */
function split<T>(child: Node<T>, at: number): Node<T> {
  const { parent } = child;
  const upper: Node<T> = { label: child.label.slice(0, at), parent, children: new Map(), entry: null };
  if (parent !== null) attach(upper, parent);
  child.label = child.label.slice(at);
  attach(child, upper);
  return upper;
}

/** Removes nodes without entries, and joins nodes with a single child. */
function prune<T>(node: Node<T>): void {
  const { parent } = node;
  if (parent === null || node.entry !== null) return;
  const [child, ...others] = node.children.values();
  if (child === undefined) {
    const [first] = node.label;
    if (first !== undefined) parent.children.delete(first);
    prune(parent);
  } else if (others.length === 0) {
    child.label = [...node.label, ...child.label];
    attach(child, parent);
  }
}

/** The entry that is the fewest tokens below a node, or in it. */
function shortestBelow<T>(node: Node<T>): { readonly value: T; readonly length: number } | null {
  if (node.entry !== null) return { value: node.entry.value, length: 0 };
  let best: { readonly value: T; readonly length: number } | null = null;
  for (const child of node.children.values()) {
    const found = shortestBelow(child);
    if (found === null) continue;
    const length = child.label.length + found.length;
    if (best === null || length < best.length) best = { value: found.value, length };
  }
  return best;
}
