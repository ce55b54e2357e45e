import { type CharSet, codePoints, singleChar } from './char-set.js';
import { type Budget, limits, simplerHint, tooComplexError } from './limits.js';

/** One element of an alternative: a character of a set, or whatever a rule stands for. */
export type Item = { readonly type: 'chars'; readonly id: number; readonly chars: CharSet } | RuleItem;

export interface RuleItem {
  readonly type: 'rule';
  readonly id: number;
  readonly rule: number;
}

/** Items one after the other. The empty sequence stands for the empty text. */
export type Sequence = readonly Item[];

/** The alternatives of a rule. Without any, the rule stands for nothing at all, not even for the empty text. */
export type Alternatives = readonly Sequence[];

/** From this number of repetitions on, they are counted in blocks: see {@link GrammarBuilder.repeat}. */
const countedInBlocks = 100;

/**
 * Collects the rules of a grammar. Equal rules exist once, and so do equal items, so that alternatives can be compared
 * by the numbers of their items.
 */
export class GrammarBuilder {
  readonly budget: Budget;
  /** For the rules of schemas: the error in the schema if its rule turns out to allow nothing. */
  readonly problems = new Map<number, () => Error>();
  readonly #rules: (Alternatives | null)[] = [];
  readonly #items = new Map<string, Item>();
  readonly #ruleItems: RuleItem[] = [];
  readonly #equal = new Map<string, RuleItem>();
  readonly #singles = new Map<number, Item>();
  readonly #lists = new Set<number>();
  readonly #automatonStates = new Set<number>();
  readonly #blocks = new Map<number, Item>();
  #nextItem = 0;
  #elements = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  /** Number of rules, some of which may not be used in the end. */
  get size(): number {
    return this.#rules.length;
  }

  /**
   * Rules that count in blocks, with the item that is a whole block. When that item is over, the other alternatives are
   * too, because they stand for less than a block.
   */
  get blocks(): ReadonlyMap<number, Item> {
    return this.#blocks;
  }

  /** Rules that are nothing, or a sequence and another of these rules. */
  get lists(): ReadonlySet<number> {
    return this.#lists;
  }

  /**
   * Rules for states of automata. They are not distinguished from each other, which might take as many rules as there
   * are pairs of states.
   */
  get automatonStates(): ReadonlySet<number> {
    return this.#automatonStates;
  }

  reserveState(): RuleItem {
    const item = this.reserve();
    this.#automatonStates.add(item.rule);
    return item;
  }

  /** @throws Error for a rule that was reserved but not defined */
  alternativesOf(rule: number): Alternatives {
    const alternatives = this.#rules[rule];
    if (alternatives === undefined || alternatives === null) throw new Error(`Rule ${rule} is not defined.`);
    return alternatives;
  }

  /** Whether a rule was defined. An undefined one belongs to something that was given up, and must not be used. */
  isDefined(rule: number): boolean {
    return (this.#rules[rule] ?? null) !== null;
  }

  chars(chars: CharSet): Item {
    const key = chars.join();
    const known = this.#items.get(key);
    if (known !== undefined) return known;
    const item: Item = { type: 'chars', id: this.#newItemId(), chars };
    this.#items.set(key, item);
    return item;
  }

  char(codePoint: number): Item {
    const item = this.#singles.get(codePoint) ?? this.chars(singleChar(codePoint));
    this.#singles.set(codePoint, item);
    return item;
  }

  /** Exactly this text. */
  literal(text: string): Sequence {
    return codePoints(text).map((point) => this.char(point));
  }

  /** A rule with these alternatives. */
  rule(alternatives: Alternatives): RuleItem {
    const [first] = alternatives;
    const [only] = first ?? [];
    if (alternatives.length === 1 && first?.length === 1 && only?.type === 'rule') return only;
    const key = `${alternatives.length} ${alternatives.map(keyOf).join('|')}`;
    const known = this.#equal.get(key);
    if (known !== undefined) return known;
    const item = this.reserve();
    this.define(item, alternatives);
    this.#equal.set(key, item);
    return item;
  }

  /** A rule that can be used before it is defined, for example by itself. */
  reserve(): RuleItem {
    this.budget.spend();
    if (this.#rules.length >= 4 * limits.rules) {
      throw tooComplexError(this.budget.subject, `its grammar has more than ${limits.rules} rules`, simplerHint);
    }
    const item: RuleItem = { type: 'rule', id: this.#newItemId(), rule: this.#rules.length };
    this.#rules.push(null);
    this.#ruleItems.push(item);
    return item;
  }

  define({ rule }: RuleItem, alternatives: Alternatives): void {
    const elements = alternatives.reduce((sum, { length }) => sum + length + 1, 0);
    this.budget.spend(elements);
    this.#elements += elements;
    if (this.#elements > 4 * limits.elements) {
      const problem = `its grammar has more than ${limits.elements} elements`;
      throw tooComplexError(this.budget.subject, problem, simplerHint);
    }
    this.#rules[rule] = alternatives;
  }

  /** Either nothing or the sequence. */
  optional(sequence: Sequence): RuleItem {
    return this.rule([sequence, []]);
  }

  /**
   * The sequence `min` to `max` times; `max` may be Infinity.
   *
   * Each possible number of repetitions is a rule of its own, so that only one position in the grammar fits a text.
   * From {@link countedInBlocks} on, that would be too many rules, so whole blocks are counted: twice as many positions
   * fit, but only about twice the square root of that many rules are needed.
   */
  repeat(sequence: Sequence, min: number, max: number): Sequence {
    const rest = max === Infinity ? [this.#any(sequence)] : this.#upTo(sequence, max - min);
    return [...this.#exactly(sequence, min), ...rest];
  }

  #any(sequence: Sequence): RuleItem {
    const known = this.#equal.get(`any ${keyOf(sequence)}`);
    if (known !== undefined) return known;
    const rule = this.reserve();
    this.define(rule, [[...sequence, rule], []]);
    this.#lists.add(rule.rule);
    this.#equal.set(`any ${keyOf(sequence)}`, rule);
    return rule;
  }

  #exactly(sequence: Sequence, count: number): Sequence {
    if (count === 0) return [];
    if (count === 1) return sequence;
    const half = this.#exactly(sequence, Math.floor(count / 2));
    return [this.rule([[...half, ...half, ...(count % 2 === 1 ? sequence : [])]])];
  }

  #upTo(sequence: Sequence, count: number): Sequence {
    if (count === 0) return [];
    if (count < countedInBlocks) return [this.#upToFew(sequence, count)];
    const block = Math.ceil(Math.sqrt(count));
    const exactlyBlock = this.#exactly(sequence, block);
    const last = count % block;
    let rest = last === 0 ? null : this.#upToFew(sequence, last);
    const less = this.#upToFew(sequence, block - 1);
    for (let blocks = 0; blocks < Math.floor(count / block); blocks += 1) {
      rest = this.rule([[...exactlyBlock, ...(rest === null ? [] : [rest])], [less]]);
      const [whole] = exactlyBlock;
      if (whole !== undefined) this.#blocks.set(rest.rule, whole);
    }
    return rest === null ? [] : [rest];
  }

  #upToFew(sequence: Sequence, count: number): RuleItem {
    let rest: Sequence = [];
    let rule = this.rule([[]]);
    for (let few = 0; few < count; few += 1) {
      rule = this.optional([...sequence, ...rest]);
      this.#lists.add(rule.rule);
      rest = [rule];
    }
    return rule;
  }

  #newItemId(): number {
    this.#nextItem += 1;
    return this.#nextItem;
  }
}

/** The same text for sequences of the same items. */
export function keyOf(sequence: Sequence): string {
  let key = '';
  for (const { id } of sequence) key += `${id},`;
  return key;
}
