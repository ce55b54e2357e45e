import type { Rules } from './factoring.js';
import { limits, simplerHint, tooComplexError } from './limits.js';
import { ambiguous, mostParallel } from './parallel-states.js';
import type { Alternatives, GrammarBuilder, Sequence } from './rules.js';

/** What a grammar costs in llama.cpp. */
export interface Complexity {
  readonly rules: number;
  readonly elements: number;
  /**
   * An upper bound for the number of positions of the grammar at which a text may be at once. It assumes that a text
   * shows where an item ends, as in JSON, where a value ends at the same position whichever alternative matches it.
   */
  readonly parallelStates: number;
}

/**
 * @param endsAreClear whether a text is known to show where each item ends; if not, this is checked
 * @throws ChatstreamError `grammar_too_complex`
 */
export function checkComplexity(rules: Rules, { budget, blocks }: GrammarBuilder, endsAreClear: boolean): Complexity {
  const { subject } = budget;
  const elements = [...rules.values()].reduce((sum, alternatives) => sum + elementsOf(alternatives), 0);
  if (rules.size > limits.rules) {
    const problem = `its grammar has ${rules.size} rules, and at most ${limits.rules} are allowed`;
    throw tooComplexError(subject, problem, simplerHint);
  }
  if (elements > limits.elements) {
    const problem = `its grammar has ${elements} elements, and at most ${limits.elements} are allowed`;
    throw tooComplexError(subject, problem, simplerHint);
  }
  const lookups = beginningsOf(rules, limits.lookups);
  if (lookups > limits.lookups) {
    throw tooComplexError(subject, `its rules begin with other rules in more than ${limits.lookups} ways`, simplerHint);
  }
  const parallelStates = mostParallel(rules, { blocks, budget, endsAreClear });
  if (parallelStates === ambiguous) {
    throw tooComplexError(
      subject,
      'its text can be read in several ways at once',
      'Let no alternative begin like another one, and let nothing repeat what comes after it, such as two rules for spaces.',
    );
  }
  if (parallelStates > limits.parallelStates) {
    throw tooComplexError(
      subject,
      `its output can fit more than ${limits.parallelStates} alternatives at the same time`,
      'Let the options of anyOf and oneOf differ early, for example in the value of their first property, ' +
        'and do not nest options that begin alike.',
    );
  }
  return { rules: rules.size, elements, parallelStates };
}

/** Elements as llama.cpp counts them: one for a character, two for a range, one for a rule and for the end. */
function elementsOf(alternatives: Alternatives): number {
  let count = 0;
  for (const sequence of alternatives) {
    count += 1;
    for (const item of sequence) count += item.type === 'rule' ? 1 : item.chars.length;
  }
  return count;
}

/**
 * Number of ways in which rules begin with other rules, which in turn begin with others. When it loads a grammar,
 * llama.cpp follows all of them, from each rule, to find left recursion.
 */
function beginningsOf(rules: Rules, most: number): number {
  const counts = new Map<number, number>();
  const empties = new Set([...rules].filter(([, alternatives]) => hasEmpty(alternatives)).map(([rule]) => rule));
  const open: number[] = [...rules.keys()];
  const entered = new Set<number>();
  let sum = 0;
  for (let rule = open.at(-1); rule !== undefined; rule = open.at(-1)) {
    const heads = (rules.get(rule) ?? []).flatMap((sequence) => headsOf(sequence, empties));
    const missing = counts.has(rule) ? [] : heads.filter((head) => !counts.has(head));
    if (missing.length > 0 && !entered.has(rule)) {
      entered.add(rule);
      open.push(...missing);
      continue;
    }
    open.pop();
    if (counts.has(rule)) continue;
    const count = Math.min(
      most,
      heads.reduce((all, head) => all + (counts.get(head) ?? 0), 1),
    );
    counts.set(rule, count);
    sum += count;
  }
  return sum;
}

function hasEmpty(alternatives: Alternatives): boolean {
  return alternatives.some(({ length }) => length === 0);
}

/** The rules that a sequence may begin with. Only rules with an empty alternative count as empty there. */
function headsOf(sequence: Sequence, empties: ReadonlySet<number>): readonly number[] {
  const heads: number[] = [];
  for (const item of sequence) {
    if (item.type === 'chars') break;
    heads.push(item.rule);
    if (!empties.has(item.rule)) break;
  }
  return heads;
}
