import { type Automaton, everything, intersectionOf, isEverything, ofLength } from '../automaton.js';
import type { Budget } from '../limits.js';
import { regexAutomaton } from '../regex.js';
import { RegexProblem } from '../regex-syntax.js';
import type { Facts } from './facts.js';
import { formatRegex } from './formats.js';
import type { Places } from './located.js';

/** The automata of formats, by regular expression: they never change, and some take 10 ms. */
const formatAutomata = new Map<string, Automaton>();

/** Makes automata of what schemas say about strings, and keeps them: many schemas have the same ones. */
export class StringAutomata {
  readonly #places: Places;
  readonly #budget: Budget;
  readonly #made = new Map<string, Automaton>();

  constructor(places: Places, budget: Budget) {
    this.#places = places;
    this.#budget = budget;
  }

  /** The strings that patterns and formats allow. Their length is left to {@link withLength}. */
  of({ patterns, formats, max }: Facts['string']): Automaton {
    const sources = patterns.map(({ source }) => source);
    const regexes = formats.flatMap((format) => formatRegex(format, max) ?? []);
    return this.#once(JSON.stringify([sources, regexes]), () => {
      const required = intersectionOf(
        patterns.map(({ source, pointer }) => this.#regex(source, pointer)),
        this.#budget,
        'its pattern',
      );
      const formatted = regexes.map((regex) => this.#format(regex));
      const all = intersectionOf([required, ...formatted], this.#budget, 'its pattern and format');
      // A pattern that contradicts a format is a dialect of it, as zod's for a time without a time zone.
      return all.length === 0 ? required : all;
    });
  }

  withLength(facts: Facts['string']): Automaton {
    const { min, max, patterns, formats } = facts;
    const key = JSON.stringify([patterns.map(({ source }) => source), formats, min, max]);
    return this.#once(`length ${key}`, () =>
      ofLength(this.of(facts), { min, max }, this.#budget, 'a string with a pattern and a length'),
    );
  }

  /** Whether only the length of a string is limited. */
  isFree(facts: Facts['string']): boolean {
    return isEverything(this.of(facts));
  }

  /** Where a regular expression finds a match. */
  regex(source: string, pointer: string): Automaton {
    return this.#once(`regex ${source}`, () => this.#regex(source, pointer));
  }

  #format(regex: string): Automaton {
    const automaton = formatAutomata.get(regex) ?? this.#regex(regex, '');
    formatAutomata.set(regex, automaton);
    return automaton;
  }

  #regex(source: string, pointer: string): Automaton {
    if (source === '') return everything;
    try {
      return regexAutomaton(source, this.#budget);
    } catch (error) {
      if (!(error instanceof RegexProblem)) throw error;
      return this.#places.fail(pointer, `the regular expression is not supported: ${error.message}`);
    }
  }

  #once(key: string, make: () => Automaton): Automaton {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const automaton = make();
    this.#made.set(key, automaton);
    return automaton;
  }
}
