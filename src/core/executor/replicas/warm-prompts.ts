import type { Token } from '../../engine/engine.js';
import { PrefixTree } from '../../engine/prompt-cache/prefix-tree.js';

/** Prompts that are remembered for each engine. An engine keeps those of its slots and of the prompt cache. */
const mostPrompts = 256;

/** Beginnings whose lengths differ by less are equally good, because prefilling so few tokens takes hardly any time. */
const step = 32;

/** The prompts that an engine got last, which may still be in its slots or in its prompt cache. */
export class WarmPrompts {
  readonly #tree = new PrefixTree<readonly Token[]>();
  /** In the order in which they came. */
  readonly #prompts = new Set<readonly Token[]>();

  remember(prompt: readonly Token[]): void {
    this.#prompts.delete(prompt);
    this.#prompts.add(prompt);
    this.#tree.set(prompt, prompt);
    for (const oldest of this.#prompts) {
      if (this.#prompts.size <= mostPrompts) break;
      this.#forget(oldest);
    }
  }

  /** How much of a prompt the engine may hold already, from 0 to 1. */
  knownShare(prompt: readonly Token[]): number {
    const shared = this.#tree.find(prompt)?.shared ?? 0;
    return shared < step ? 0 : (shared - (shared % step)) / prompt.length;
  }

  clear(): void {
    for (const prompt of [...this.#prompts]) this.#forget(prompt);
  }

  #forget(prompt: readonly Token[]): void {
    this.#prompts.delete(prompt);
    // The same tokens may have come again since.
    if (this.#tree.find(prompt)?.value === prompt) this.#tree.delete(prompt);
  }
}
