import type { Automaton, State } from './automaton.js';
import type { CharSet } from './char-set.js';
import type { Alternatives, GrammarBuilder, RuleItem, Sequence } from './rules.js';

/** Characters that may come next in a text, and what follows them. */
export interface Step {
  readonly chars: CharSet;
  readonly then: Sequence;
}

/**
 * Rules for the texts that an automaton accepts, one for each state that can be left in several ways.
 *
 * @param end what follows an accepted text
 * @param encode how steps are written in the output
 */
export function textRules(
  builder: GrammarBuilder,
  automaton: Automaton,
  end: Sequence,
  encode: (steps: readonly Step[]) => Alternatives,
): RuleItem {
  if (automaton.length === 0) return builder.rule([]);
  const rules = automaton.map(() => builder.reserveState());
  const alternatives = automaton.map((state) => alternativesOf(state));

  function alternativesOf({ transitions, accepts }: State): Alternatives {
    const steps = transitions.map(({ chars, to }) => {
      const rule = rules[to];
      return { chars, then: rule === undefined ? [] : [rule] };
    });
    return [...encode(steps), ...(accepts ? [end] : [])];
  }

  for (const [index, rule] of rules.entries()) builder.define(rule, alternatives[index] ?? []);
  return rules[0] ?? builder.rule([]);
}

/** The same for texts that are written as they are. */
export function plainTextRules(builder: GrammarBuilder, automaton: Automaton, end: Sequence = []): RuleItem {
  return textRules(builder, automaton, end, (steps) => steps.map(({ chars, then }) => [builder.chars(chars), ...then]));
}
