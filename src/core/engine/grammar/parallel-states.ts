import { type CharSet, intersection, noChars, sizeOf, union } from './char-set.js';
import type { Rules } from './factoring.js';
import { type Budget, limits } from './limits.js';
import type { Alternatives, GrammarBuilder, Item, Sequence } from './rules.js';

/** What is known about a rule so far. All of it only grows. */
interface Facts {
  /** Whether it can produce the empty text. */
  empty: boolean;
  first: CharSet;
  /** Number of positions at which a text may be when the rule begins. */
  starts: number;
  /** The largest number of positions at which a text may be at once inside the rule. */
  most: number;
  /** The same, where the rule may also be over. */
  mostAtEnd: number;
  /** Characters with which the rule can continue where it may also be over. */
  more: CharSet;
}

const unknown: Readonly<Facts> = { empty: false, first: noChars, starts: 0, most: 0, mostAtEnd: 0, more: noChars };

/** A text can be read in ways that end an item at different positions, so that nothing bounds their number. */
export const ambiguous = 'ambiguous';

interface Given {
  readonly blocks: GrammarBuilder['blocks'];
  readonly budget: Budget;
  /** Whether a text is known to show where each item ends; if not, this is checked. */
  readonly endsAreClear: boolean;
}

/** What is known about all rules. Work that depends on the size of character sets counts towards the budget. */
class KnownFacts {
  readonly #facts: ReadonlyMap<number, Facts>;
  readonly #budget: Budget;

  constructor(rules: readonly number[], budget: Budget) {
    this.#facts = new Map(rules.map((rule) => [rule, { ...unknown }]));
    this.#budget = budget;
  }

  of(rule: number): Facts {
    return this.#facts.get(rule) ?? { ...unknown };
  }

  /** @throws ChatstreamError `grammar_too_complex`, as all of these do */
  union(left: CharSet, right: CharSet): CharSet {
    if (left.length === 0 || left === right) return right;
    if (right.length === 0) return left;
    this.spendFor(left.length + right.length);
    return union(left, right);
  }

  overlap(left: CharSet, right: CharSet): boolean {
    if (left.length === 0 || right.length === 0) return false;
    this.spendFor(left.length + right.length);
    return intersection(left, right).length > 0;
  }

  /** @param parts small things that were looked at: many of them together are a step */
  spendFor(parts: number): void {
    this.#budget.spend(Math.floor(parts / partsPerStep));
  }
}

const partsPerStep = 16;

/**
 * An upper bound for the number of positions of a grammar at which a text may be at once; Infinity if it is far above
 * the limit.
 *
 * @throws ChatstreamError `grammar_too_complex` if the budget is used up
 */
export function mostParallel(rules: Rules, { blocks, budget, endsAreClear }: Given): number | typeof ambiguous {
  const order = leavesFirst(rules);
  const items = [...rules.values()].reduce((sum, alternatives) => sum + itemsOf(alternatives), 0);
  const facts = new KnownFacts(order, budget);
  const repeatUntilStable = (update: (alternatives: Alternatives, known: Facts, rule: number) => boolean): boolean => {
    for (let changed = true; changed;) {
      changed = false;
      for (const rule of order) {
        const known = facts.of(rule);
        changed = update(rules.get(rule) ?? [], known, rule) || changed;
        if (known.starts > limits.parallelStates || known.most > 4 * limits.parallelStates) return false;
      }
      budget.spend(order.length);
      facts.spendFor(items);
    }
    return true;
  };
  const beginsBounded = repeatUntilStable((alternatives, known) => {
    const before = [known.empty, sizeOf(known.first), sizeOf(known.more), known.starts].join();
    learnBeginning(known, alternatives, facts);
    if (!endsAreClear) learnMore(known, alternatives, facts);
    return before !== [known.empty, sizeOf(known.first), sizeOf(known.more), known.starts].join();
  });
  if (!endsAreClear && [...rules.values()].some((alternatives) => isAmbiguous(alternatives, facts))) return ambiguous;
  const bounded =
    beginsBounded &&
    repeatUntilStable((alternatives, known, rule) => {
      const { most, mostAtEnd } = insideOf(alternatives, known, blocks.get(rule) ?? null, facts);
      const grows = most > known.most || mostAtEnd > known.mostAtEnd;
      known.most = Math.max(most, known.most);
      known.mostAtEnd = Math.max(mostAtEnd, known.mostAtEnd);
      return grows;
    });
  if (!bounded) return Infinity;
  // One more: the end of the text.
  return order.reduce((most, rule) => Math.max(most, facts.of(rule).most + 1), 1);
}

function itemsOf(alternatives: Alternatives): number {
  return alternatives.reduce((sum, { length }) => sum + length, alternatives.length);
}

function learnBeginning(known: Facts, alternatives: Alternatives, facts: KnownFacts): void {
  let [empty, first, starts] = [known.empty, noChars, 0];
  for (const sequence of alternatives) {
    const head = beginning(sequence, facts);
    empty ||= head.empty;
    starts += head.starts;
    first = facts.union(first, head.first);
    if (starts > limits.parallelStates) break;
  }
  Object.assign(known, { empty, first, starts });
}

function learnMore(known: Facts, alternatives: Alternatives, facts: KnownFacts): void {
  for (const sequence of alternatives) {
    let more = noChars;
    for (more of moreAfterEach(sequence, facts));
    known.more = facts.union(known.more, more);
  }
  if (known.empty) known.more = facts.union(known.more, known.first);
}

/**
 * Characters with which a sequence can continue, after each of its items, where that item may also be over. Stops early
 * if a text may be at too many positions, because the grammar is then refused.
 */
function* moreAfterEach(sequence: Sequence, facts: KnownFacts): Generator<CharSet> {
  let more = noChars;
  /** Of the preceding items that may all be empty. */
  let starts = 0;
  for (const item of sequence) {
    const known = item.type === 'chars' ? unknown : facts.of(item.rule);
    starts = known.empty ? starts + known.starts : 0;
    if (starts > limits.parallelStates) return;
    more = known.empty ? facts.union(facts.union(more, known.more), known.first) : known.more;
    yield more;
  }
}

/** Whether a text may not show which alternative it is, or where an item of it ends. */
function isAmbiguous(alternatives: Alternatives, facts: KnownFacts): boolean {
  let [firsts, starts] = [noChars, 0];
  for (const sequence of alternatives) {
    const head = beginning(sequence, facts);
    if (facts.overlap(firsts, head.first)) return true;
    // The grammar is then refused.
    if (starts > limits.parallelStates) return false;
    starts += head.starts;
    if (alternatives.length > 1) firsts = facts.union(firsts, head.first);
    facts.spendFor(sequence.length);
    const begins = beginningOfEach(sequence, facts);
    let index = 0;
    for (const more of moreAfterEach(sequence, facts)) {
      index += 1;
      if (facts.overlap(more, begins[index] ?? noChars)) return true;
    }
  }
  return false;
}

/**
 * The characters with which the rest of a sequence begins, from each item on; only some of them if there are too many
 * positions.
 */
function beginningOfEach(sequence: Sequence, facts: KnownFacts): readonly CharSet[] {
  const begins: CharSet[] = [];
  let rest = { first: noChars, starts: 0 };
  for (const item of sequence.toReversed()) {
    if (item.type === 'chars') {
      rest = { first: item.chars, starts: 1 };
    } else {
      const { empty, first, starts } = facts.of(item.rule);
      const goesOn = empty && starts + rest.starts <= limits.parallelStates;
      rest = goesOn ? { first: facts.union(first, rest.first), starts: starts + rest.starts } : { first, starts };
    }
    begins.push(rest.first);
  }
  return begins.reverse();
}

type Inside = Pick<Facts, 'most' | 'mostAtEnd'>;

function insideOf(alternatives: Alternatives, { empty, starts }: Facts, block: Item | null, facts: KnownFacts): Inside {
  let most = starts;
  let mostAtEnd = empty ? starts : 0;
  const groups: { first: CharSet; members: Inside[] }[] = [];
  for (const sequence of alternatives) {
    const [head, ...rest] = sequence;
    const isBlock = head !== undefined && head === block;
    if (isBlock) {
      const later = insideSequence(rest, facts);
      most = Math.max(most, later.most);
      mostAtEnd = Math.max(mostAtEnd, later.mostAtEnd);
    }
    const own = insideSequence(isBlock ? [head] : sequence, facts);
    // Alternatives that begin with different characters exclude each other after the first character.
    const { first } = beginning(sequence, facts);
    facts.spendFor(groups.length);
    const joined = groups.filter((group) => intersection(group.first, first).length > 0);
    const others = groups.filter((group) => !joined.includes(group));
    const members = [...joined.flatMap((group) => group.members), own];
    groups.splice(0, groups.length, ...others, {
      first: joined.length === 0 ? first : union(first, ...joined.map((group) => group.first)),
      members,
    });
  }
  for (const { members } of groups) {
    const together = members.reduce((sum, member) => sum + member.most, 0);
    most = Math.max(most, together);
    // One alternative may be over while others continue.
    mostAtEnd = Math.max(mostAtEnd, members.length > 1 ? together : (members[0]?.mostAtEnd ?? 0));
  }
  return { most, mostAtEnd };
}

function insideSequence(sequence: Sequence, facts: KnownFacts): Inside {
  let [most, mostAtEnd] = [0, 0];
  // What is known about the items after the current one: whether they may be empty, and at how many positions they
  // begin.
  let after = { empty: true, starts: 0 };
  for (let index = sequence.length - 1; index >= 0; index -= 1) {
    const item = sequence[index];
    if (item === undefined) continue;
    if (item.type === 'chars') {
      most = Math.max(most, 1, after.starts);
      if (after.empty) mostAtEnd = Math.max(mostAtEnd, after.starts);
      after = { empty: false, starts: 1 };
      continue;
    }
    const known = facts.of(item.rule);
    // Where the item may be over, what follows begins, while the item may also continue.
    most = Math.max(most, known.most, known.mostAtEnd + after.starts);
    if (after.empty) mostAtEnd = Math.max(mostAtEnd, known.mostAtEnd + after.starts);
    after = { empty: after.empty && known.empty, starts: known.starts + (known.empty ? after.starts : 0) };
  }
  return { most, mostAtEnd };
}

/** How a sequence begins; only approximate if it has more positions than a text may be at. */
function beginning(sequence: Sequence, facts: KnownFacts): Pick<Facts, 'empty' | 'first' | 'starts'> {
  let first = noChars;
  let starts = 0;
  for (const item of sequence) {
    if (item.type === 'chars') return { empty: false, first: facts.union(first, item.chars), starts: starts + 1 };
    const known = facts.of(item.rule);
    first = facts.union(first, known.first);
    starts += known.starts;
    if (!known.empty || starts > limits.parallelStates) return { empty: false, first, starts };
  }
  return { empty: true, first, starts };
}

/** The rules in an order in which most come after the rules that they use, so that one pass settles most of them. */
function leavesFirst(rules: Rules): number[] {
  const order: number[] = [];
  const entered = new Set<number>();
  for (const root of rules.keys()) {
    const open: { readonly rule: number; readonly left: boolean }[] = [{ rule: root, left: false }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.left) {
        order.push(next.rule);
        continue;
      }
      if (entered.has(next.rule)) continue;
      entered.add(next.rule);
      open.push({ rule: next.rule, left: true });
      for (const item of (rules.get(next.rule) ?? []).flat()) {
        if (item.type === 'rule' && !entered.has(item.rule)) open.push({ rule: item.rule, left: false });
      }
    }
  }
  return order;
}
