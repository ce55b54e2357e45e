import type { Rules } from '../../../src/core/engine/grammar/factoring.js';
import type { Item } from '../../../src/core/engine/grammar/rules.js';

/** What is still to come: the items of a sequence from an index on, and then what its rule was part of. */
interface Stack {
  readonly id: number;
  readonly sequence: readonly Item[];
  readonly index: number;
  readonly then: Stack | null;
}

export interface Match {
  readonly accepted: boolean;
  /** The most stacks that were alive at once, as llama.cpp counts them. */
  readonly mostStacks: number;
}

/** Follows a text through a grammar as llama.cpp does: with the set of all stacks that fit the text so far. */
export class GrammarMatcher {
  readonly #rules: Rules;
  readonly #stacks = new Map<string, Stack>();
  readonly #sequences = new Map<readonly Item[], number>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  match(text: string): Match {
    const [root = 0] = this.#rules.keys();
    let current = new Set<Stack | null>();
    for (const sequence of this.#rules.get(root) ?? []) this.#advance(this.#stack(sequence, 0, null), current);
    let mostStacks = current.size;
    for (const char of text) {
      const point = char.codePointAt(0) ?? 0;
      const next = new Set<Stack | null>();
      for (const stack of current) {
        const item = stack?.sequence[stack.index];
        if (stack === null || item?.type !== 'chars' || !includes(item.chars, point)) continue;
        this.#advance(this.#stack(stack.sequence, stack.index + 1, stack.then), next);
      }
      current = next;
      mostStacks = Math.max(mostStacks, current.size);
      if (current.size === 0) break;
    }
    return { accepted: current.has(null), mostStacks };
  }

  /** Adds all stacks with a character on top that a stack leads to, and null where nothing is left. */
  #advance(stack: Stack | null, found: Set<Stack | null>): void {
    const seen = new Set<Stack>();
    const open = [stack];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const item = next?.sequence[next.index];
      if (next === null || item === undefined) {
        found.add(null);
        continue;
      }
      if (item.type === 'chars') {
        found.add(next);
        continue;
      }
      if (seen.has(next)) continue;
      seen.add(next);
      const then = this.#stack(next.sequence, next.index + 1, next.then);
      for (const sequence of this.#rules.get(item.rule) ?? []) open.push(this.#stack(sequence, 0, then));
    }
  }

  /** The stack; the one below if nothing of the sequence is left. Equal stacks are the same. */
  #stack(sequence: readonly Item[], index: number, then: Stack | null): Stack | null {
    if (index >= sequence.length) return then;
    const number = this.#sequences.get(sequence) ?? this.#sequences.size;
    this.#sequences.set(sequence, number);
    const key = `${number} ${index} ${then?.id ?? ''}`;
    const known = this.#stacks.get(key);
    if (known !== undefined) return known;
    const stack = { id: this.#stacks.size, sequence, index, then };
    this.#stacks.set(key, stack);
    return stack;
  }
}

function includes(chars: readonly number[], point: number): boolean {
  for (let index = 0; index < chars.length; index += 2) {
    if (point >= (chars[index] ?? 0) && point <= (chars[index + 1] ?? 0)) return true;
  }
  return false;
}
