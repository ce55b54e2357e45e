import { type CharSet, intersection, noChars, sizeOf, union } from './char-set.js';
import type { Rules } from './factoring.js';
import { type Budget, limits } from './limits.js';
import type { Alternatives, GrammarBuilder, Item, Sequence } from './rules.js';

/** What is known of a rule so far. All of it only grows. */
interface Facts {
  /** Whether it can produce the empty text. */
  empty: boolean;
  first: CharSet;
  /** Number of places at which a text may be when the rule begins. */
  starts: number;
  /** The most places at which a text may be at once inside the rule. */
  most: number;
  /** The same, where the rule may also be over. */
  mostAtEnd: number;
  /** Characters with which the rule can go on where it may also be over. */
  more: CharSet;
}

const unknown: Readonly<Facts> = { empty: false, first: noChars, starts: 0, most: 0, mostAtEnd: 0, more: noChars };

/** A text can be read in ways that end an item in different places, so that nothing bounds their number. */
export const ambiguous = 'ambiguous';

interface Given {
  readonly blocks: GrammarBuilder['blocks'];
  readonly budget: Budget;
  /** Whether a text is known to show where each item ends; if not, this is checked. */
  readonly endsAreClear: boolean;
}

/**
 * An upper bound for the number of places of a grammar at which a text may be at once; Infinity if it is far above the
 * limit.
 */
export function mostParallel(rules: Rules, { blocks, budget, endsAreClear }: Given): number | typeof ambiguous {
  const order = leavesFirst(rules);
  const facts = new Map<number, Facts>(order.map((rule) => [rule, { ...unknown }]));
  const factsOf = (rule: number): Facts => facts.get(rule) ?? { ...unknown };
  const repeatUntilStable = (update: (alternatives: Alternatives, known: Facts, rule: number) => boolean): boolean => {
    for (let changed = true; changed;) {
      changed = false;
      for (const rule of order) {
        const known = factsOf(rule);
        changed = update(rules.get(rule) ?? [], known, rule) || changed;
        if (known.starts > limits.parallelStates || known.most > 4 * limits.parallelStates) return false;
      }
      budget.spend(order.length);
    }
    return true;
  };
  const beginsBounded = repeatUntilStable((alternatives, known) => {
    const before = [known.empty, sizeOf(known.first), sizeOf(known.more), known.starts].join();
    const heads = alternatives.map((sequence) => beginning(sequence, factsOf));
    known.empty ||= heads.some(({ empty }) => empty);
    known.first = heads.length === 1 ? (heads[0]?.first ?? noChars) : union(...heads.map(({ first }) => first));
    known.starts = heads.reduce((sum, { starts }) => sum + starts, 0);
    if (!endsAreClear)
      known.more = union(
        ...alternatives.map((sequence) => moreOf(sequence, factsOf)),
        ...(known.empty ? [known.first] : []),
      );
    return before !== [known.empty, sizeOf(known.first), sizeOf(known.more), known.starts].join();
  });
  if (!endsAreClear && [...rules.values()].some((alternatives) => isAmbiguous(alternatives, factsOf))) return ambiguous;
  const bounded =
    beginsBounded &&
    repeatUntilStable((alternatives, known, rule) => {
      const { most, mostAtEnd } = insideOf(alternatives, known, blocks.get(rule) ?? null, factsOf);
      const grows = most > known.most || mostAtEnd > known.mostAtEnd;
      known.most = Math.max(most, known.most);
      known.mostAtEnd = Math.max(mostAtEnd, known.mostAtEnd);
      return grows;
    });
  if (!bounded) return Infinity;
  // One more: the end of the text.
  return order.reduce((most, rule) => Math.max(most, factsOf(rule).most + 1), 1);
}

/** Characters with which a sequence can go on where it may also be over. */
function moreOf(sequence: Sequence, factsOf: (rule: number) => Facts): CharSet {
  let more = noChars;
  for (const item of sequence) {
    if (item.type === 'chars') {
      more = noChars;
      continue;
    }
    const facts = factsOf(item.rule);
    more = facts.empty ? union(more, facts.more, facts.first) : facts.more;
  }
  return more;
}

/** Whether a text may not show which alternative it is, or where an item of it ends. */
function isAmbiguous(alternatives: Alternatives, factsOf: (rule: number) => Facts): boolean {
  let firsts = noChars;
  for (const sequence of alternatives) {
    const { first } = beginning(sequence, factsOf);
    if (intersection(firsts, first).length > 0) return true;
    firsts = alternatives.length === 1 ? first : union(firsts, first);
    for (let index = 1; index < sequence.length; index += 1) {
      const more = moreOf(sequence.slice(0, index), factsOf);
      if (more.length > 0 && intersection(more, beginning(sequence.slice(index), factsOf).first).length > 0)
        return true;
    }
  }
  return false;
}

type Inside = Pick<Facts, 'most' | 'mostAtEnd'>;

function insideOf(
  alternatives: Alternatives,
  { empty, starts }: Facts,
  block: Item | null,
  factsOf: (rule: number) => Facts,
): Inside {
  let most = starts;
  let mostAtEnd = empty ? starts : 0;
  const groups: { first: CharSet; members: Inside[] }[] = [];
  for (const sequence of alternatives) {
    const [head, ...rest] = sequence;
    const isBlock = head !== undefined && head === block;
    if (isBlock) {
      const later = insideSequence(rest, factsOf);
      most = Math.max(most, later.most);
      mostAtEnd = Math.max(mostAtEnd, later.mostAtEnd);
    }
    const own = insideSequence(isBlock ? [head] : sequence, factsOf);
    // Alternatives that begin with different characters exclude each other after the first character.
    const { first } = beginning(sequence, factsOf);
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
    // One alternative may be over while others go on.
    mostAtEnd = Math.max(mostAtEnd, members.length > 1 ? together : (members[0]?.mostAtEnd ?? 0));
  }
  return { most, mostAtEnd };
}

function insideSequence(sequence: Sequence, factsOf: (rule: number) => Facts): Inside {
  let [most, mostAtEnd] = [0, 0];
  // What is known of the items after the current one: whether they may be empty, and how many places they begin with.
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
    const facts = factsOf(item.rule);
    // Where the item may be over, what follows begins, while the item may also go on.
    most = Math.max(most, facts.most, facts.mostAtEnd + after.starts);
    if (after.empty) mostAtEnd = Math.max(mostAtEnd, facts.mostAtEnd + after.starts);
    after = { empty: after.empty && facts.empty, starts: facts.starts + (facts.empty ? after.starts : 0) };
  }
  return { most, mostAtEnd };
}

function beginning(sequence: Sequence, factsOf: (rule: number) => Facts): Pick<Facts, 'empty' | 'first' | 'starts'> {
  let first = noChars;
  let starts = 0;
  for (const item of sequence) {
    if (item.type === 'chars') {
      return { empty: false, first: first.length === 0 ? item.chars : union(first, item.chars), starts: starts + 1 };
    }
    const facts = factsOf(item.rule);
    first = first.length === 0 ? facts.first : union(first, facts.first);
    starts += facts.starts;
    if (!facts.empty) return { empty: false, first, starts };
  }
  return { empty: true, first, starts };
}

/** The rules in an order in which most come after the rules that they use, so that a pass over them settles most. */
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
