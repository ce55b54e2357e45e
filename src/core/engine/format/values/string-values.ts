import type { Automaton } from '../../grammar/automaton.js';
import type { Budget } from '../../grammar/limits.js';
import { automatonOfTexts, unionOf } from '../../grammar/text-automata.js';
import { type Conjunction, keyOfConjunction, plainParts, takeApart } from '../schema/conjunction.js';
import { type Facts, factsOf } from '../schema/facts.js';
import type { Places } from '../schema/located.js';
import type { StringAutomata } from './strings.js';

/** What {@link stringValues} needs from the compiler. */
interface Tools {
  readonly places: Places;
  readonly strings: StringAutomata;
  readonly budget: Budget;
  allowedValues(facts: Facts): readonly unknown[] | null;
}

/**
 * The strings among the values that a conjunction allows. The automaton accepts nothing if there are none.
 *
 * @param longest the longest `maxLength`, and `minLength`, that is counted
 */
export function stringValues(conjunction: Conjunction, longest: number, tools: Tools): Automaton {
  const { places, budget } = tools;
  const entered = new Set<string>();
  const stringsOf = (all: Conjunction): Automaton => {
    const key = keyOfConjunction(all, places);
    if (entered.has(key)) return [];
    entered.add(key);
    budget.spend(all.length);
    const parted = takeApart(all, places);
    if (parted.never !== null) return [];
    const [choice, ...choices] = parted.choices;
    if (choice !== undefined) {
      // The other choices are schemas of their own, each of which has to be satisfied.
      const others = choices.map((options, index) => ({
        located: { schema: { anyOf: options.map(({ located }) => located.schema) }, pointer: `${key}/${index}` },
        bare: false,
        // Entering it adds its own content again, which may be that of the schema to which the choice belongs.
        within: (options[0]?.within ?? []).slice(0, -1),
      }));
      const options = choice.map((option) => stringsOf([...plainParts(parted), ...others, option]));
      return unionOf(options, budget, 'a choice of strings');
    }
    const facts = factsOf(parted, places);
    if (!facts.kinds.has('string')) return [];
    const values = tools.allowedValues(facts);
    if (values !== null) {
      const texts = values.filter((value) => typeof value === 'string');
      return automatonOfTexts(texts, budget);
    }
    const { string } = facts;
    if (string.min > string.max) return [];
    const max = string.max > longest ? Infinity : string.max;
    return tools.strings.withLength({ ...string, min: Math.min(string.min, longest), max });
  };
  return stringsOf(conjunction);
}
