import { type CharSet, partition, unionOf } from './char-set.js';
import { type Alternatives, type GrammarBuilder, type Item, keyOf, type RuleItem, type Sequence } from './rules.js';
import { isProductive, unproductiveRules } from './unproductive.js';

/** Rules by number, in the order in which they were found; the first one is the root. */
export type Rules = ReadonlyMap<number, Alternatives>;

/**
 * Rewrites alternatives with a common beginning, so that the beginning comes once and the choice after it: enums and
 * keys become tries, and objects that differ in one property are distinguished there. llama.cpp follows all
 * alternatives that fit the text so far at once, and tests every token against each.
 *
 * Alternatives that cannot produce any text are left out. The language stays the same.
 *
 * @returns all rules that the root uses; the alternatives of the root are empty if it cannot produce any text
 */
export function factored(builder: GrammarBuilder, root: RuleItem): Rules {
  return new Factoring(builder).from(root);
}

/** Characters and items that are looked at in one step. */
const partsPerStep = 64;

class Factoring {
  readonly #builder: GrammarBuilder;
  readonly #unproductive: ReadonlySet<number>;
  /** Rules that were made for choices between the ends of alternatives, by these choices. */
  readonly #choices = new Map<string, RuleItem>();

  constructor(builder: GrammarBuilder) {
    this.#builder = builder;
    this.#unproductive = unproductiveRules(builder);
  }

  from(root: RuleItem): Rules {
    const rules = new Map<number, Alternatives>();
    const open = [root.rule];
    for (let rule = open.pop(); rule !== undefined; rule = open.pop()) {
      if (rules.has(rule)) continue;
      const alternatives = this.#factored(this.#usable(rule));
      rules.set(rule, alternatives);
      for (const sequence of alternatives) {
        for (const item of sequence) if (item.type === 'rule' && !rules.has(item.rule)) open.push(item.rule);
      }
    }
    return rules;
  }

  #usable(rule: number): Alternatives {
    const alternatives = this.#builder.alternativesOf(rule);
    if (this.#unproductive.size === 0) return alternatives;
    return alternatives.filter((sequence) => isProductive(sequence, this.#unproductive));
  }

  #factored(alternatives: Alternatives): Alternatives {
    if (alternatives.length < 2) return alternatives;
    const expanded = this.#expanded(alternatives);
    const byHead = new Map<Item, Sequence[]>();
    const result: Sequence[] = [];
    for (const sequence of expanded) {
      const [head, ...rest] = sequence;
      if (head === undefined) {
        result.push(sequence);
        continue;
      }
      const rests = byHead.get(head);
      if (rests === undefined) byHead.set(head, [rest]);
      else rests.push(rest);
    }
    const charHeads = [...byHead.keys()].filter((head) => head.type === 'chars');
    this.#spendFor(charHeads.reduce((sum, { chars }) => sum + chars.length, 0));
    const byEnd = new Map<string, { readonly sets: CharSet[]; readonly end: Sequence }>();
    for (const { chars, members } of partition(charHeads.map((head) => head.chars))) {
      const ends = members.flatMap((member) => {
        const head = charHeads[member];
        return head === undefined ? [] : (byHead.get(head) ?? []);
      });
      const end = this.#afterCommon(ends);
      const key = keyOf(end);
      const same = byEnd.get(key);
      if (same === undefined) byEnd.set(key, { sets: [chars], end });
      else same.sets.push(chars);
    }
    for (const { sets, end } of byEnd.values()) result.push([this.#builder.chars(unionOf(sets)), ...end]);
    for (const [head, rests] of byHead) if (head.type === 'rule') result.push([head, ...this.#afterCommon(rests)]);
    return result;
  }

  /** One of these sequences, with their common beginning taken at once, because texts may be long. */
  #afterCommon(sequences: readonly Sequence[]): Sequence {
    const [first = [], ...others] = sequences;
    let common = 0;
    while (common < first.length && others.every((other) => other[common] === first[common])) common += 1;
    this.#builder.budget.spend(Math.ceil(first.length / 16));
    if (common === 0 || others.length === 0) return this.#choice(sequences);
    return [...first.slice(0, common), ...this.#choice(sequences.map((sequence) => sequence.slice(common)))];
  }

  /** One of these sequences. */
  #choice(sequences: readonly Sequence[]): Sequence {
    const distinct = this.#expanded(sequences);
    const [first] = distinct;
    if (first !== undefined && distinct.length === 1) return first;
    const key = distinct.map(keyOf).sort().join('|');
    const known = this.#choices.get(key);
    if (known !== undefined) return [known];
    const choice = this.#builder.reserve();
    this.#builder.define(choice, distinct);
    this.#choices.set(key, choice);
    return [choice];
  }

  /** @param parts small things that are looked at: many of them together are a step */
  #spendFor(parts: number): void {
    this.#builder.budget.spend(Math.floor(parts / partsPerStep));
  }

  #isState(item: Item | undefined): boolean {
    return item?.type === 'rule' && this.#builder.automatonStates.has(item.rule);
  }

  /**
   * With the alternatives of a rule in place of the rule, if a sequence consists of nothing else; each of them once.
   */
  #expanded(sequences: readonly Sequence[]): readonly Sequence[] {
    const different = [...new Map(sequences.map((sequence) => [keyOf(sequence), sequence])).values()];
    if (different.length < 2) return different;
    const states = different.filter(([head, ...rest]) => rest.length === 0 && this.#isState(head));
    const distinct = new Map<string, Sequence>();
    const entered = new Set<number>();
    const open: Sequence[] = different.reverse();
    for (let sequence = open.pop(); sequence !== undefined; sequence = open.pop()) {
      this.#builder.budget.spend();
      this.#spendFor(sequence.length);
      const [head, ...rest] = sequence;
      const key = keyOf(sequence);
      if (distinct.has(key)) continue;
      if (head?.type === 'rule' && rest.length === 0 && !(states.length > 1 && this.#isState(head))) {
        if (!entered.has(head.rule)) open.push(...this.#usable(head.rule).toReversed());
        entered.add(head.rule);
      } else if (head?.type === 'rule' && this.#builder.lists.has(head.rule)) {
        // Lists of different lengths that are followed by something: distinguished where the shorter one ends.
        for (const alternative of this.#usable(head.rule)) open.push([...alternative, ...rest]);
      } else {
        distinct.set(key, sequence);
      }
    }
    return [...distinct.values()];
  }
}
