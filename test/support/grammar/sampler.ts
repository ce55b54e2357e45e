import type { Rules } from '../../../src/core/engine/grammar/factoring.js';
import type { Item } from '../../../src/core/engine/grammar/rules.js';

/** A number from 0 up to 1, without 1. */
export type Random = () => number;

/** Draws texts of a grammar by random walks over its rules. */
export class GrammarSampler {
  readonly #rules: Rules;
  readonly #root: number;
  /** The shortest way through each rule, in steps. */
  readonly #shortest = new Map<number, number>();

  constructor(rules: Rules) {
    this.#rules = rules;
    this.#root = rules.keys().next().value ?? 0;
    for (let changed = true; changed;) {
      changed = false;
      for (const [rule, alternatives] of rules) {
        const length = Math.min(...alternatives.map((sequence) => this.#lengthOf(sequence)));
        if (length >= (this.#shortest.get(rule) ?? Infinity)) continue;
        this.#shortest.set(rule, length);
        changed = true;
      }
    }
  }

  /** @param steps number of choices after which the walk takes the shortest way to an end */
  sample(random: Random, steps: number): string {
    let left = steps;
    let text = '';
    const open: Item[] = [...this.#pick(this.#root, random, true)].reverse();
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      if (item.type === 'chars') {
        text += String.fromCodePoint(pickChar(item.chars, random));
        continue;
      }
      left -= 1;
      open.push(...[...this.#pick(item.rule, random, left > 0)].reverse());
    }
    return text;
  }

  #pick(rule: number, random: Random, free: boolean): readonly Item[] {
    const alternatives = this.#rules.get(rule) ?? [];
    const index = Math.floor(random() * alternatives.length);
    if (free) return alternatives[index] ?? [];
    const sorted = alternatives.toSorted((a, b) => this.#lengthOf(a) - this.#lengthOf(b));
    return sorted[0] ?? [];
  }

  #lengthOf(sequence: readonly Item[]): number {
    return sequence.reduce(
      (sum, item) => sum + 1 + (item.type === 'rule' ? (this.#shortest.get(item.rule) ?? Infinity) : 0),
      0,
    );
  }
}

/** A character of a set: an edge of a range, or any. Ranges are as likely as each other, however wide. */
function pickChar(chars: readonly number[], random: Random): number {
  const index = 2 * Math.floor(random() * (chars.length / 2));
  const [first = 0, last = 0] = chars.slice(index, index + 2);
  const where = random();
  if (where < 0.2) return first;
  if (where < 0.4) return last;
  return first + Math.floor(random() * (Math.min(last, first + 400) - first + 1));
}
