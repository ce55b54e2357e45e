import { acceptsText, type Automaton, everything, isEverything, ofLength } from '../../grammar/automaton.js';
import { codePoints } from '../../grammar/char-set.js';
import type { Budget } from '../../grammar/limits.js';
import { type Condition, conditionAutomaton, regexCondition } from '../../grammar/regex/regex.js';
import { RegexProblem } from '../../grammar/regex/regex-problem.js';
import type { Facts } from '../schema/facts.js';
import type { Places } from '../schema/located.js';
import { longUriGrammar } from './long-uris.js';
import { formatRegex } from './string-formats.js';

/** The automata of formats, by regular expression: they never change, and some take 10 ms. */
const formatAutomata = new Map<string, Automaton>();

/** Turns what schemas say about strings into automata, and caches these, because many schemas have the same ones. */
export class StringAutomata {
  readonly #places: Places;
  readonly #budget: Budget;
  readonly #made = new Map<string, Automaton>();
  readonly #conditions = new Map<string, Condition>();

  constructor(places: Places, budget: Budget) {
    this.#places = places;
    this.#budget = budget;
  }

  /** The strings that patterns and formats allow. Their length is left to {@link withLength}. */
  of(facts: Facts['string']): Automaton {
    const { patterns } = facts;
    const [sources, regexes] = this.#sourcesOf(facts);
    return this.#once(JSON.stringify([sources, regexes]), placeOf(facts), () => {
      const required = patterns.flatMap(({ source, pointer }) => this.#condition(source, pointer) ?? []);
      const formatted = regexes.map((regex) => ({ required: [this.#format(regex)], forbidden: [] }));
      // Formats come first: they limit the length, and so the states of a pattern that does not.
      const all = conditionAutomaton([...formatted, ...required], this.#budget, 'its pattern and format');
      if (all.length > 0 || formatted.length === 0) return all;
      // A pattern that contradicts a format is a variant of it, such as a time without a time zone.
      return conditionAutomaton(required, this.#budget, 'its pattern');
    });
  }

  /** The regular expressions of patterns, and of formats. A format that is only an annotation has none. */
  #sourcesOf({ patterns, formats, max }: Facts['string']): readonly [readonly string[], readonly string[]] {
    return [patterns.map(({ source }) => source), formats.flatMap(({ name }) => formatRegex(name, max) ?? [])];
  }

  withLength(facts: Facts['string']): Automaton {
    const { min, max } = facts;
    return this.#once(`length ${JSON.stringify([this.#sourcesOf(facts), min, max])}`, placeOf(facts, true), () =>
      ofLength(this.of(facts), { min, max }, this.#budget, 'a string with a pattern and a length'),
    );
  }

  /** Whether patterns, formats and length allow a text. */
  allows(facts: Facts['string'], text: string): boolean {
    const points = codePoints(text);
    const isLength = points.length >= facts.min && points.length <= facts.max;
    return isLength && acceptsText(this.of(facts), points, this.#budget);
  }

  /** A grammar in GBNF that replaces an automaton that would have too many states; null if none is needed. */
  grammar({ patterns, formats, min, max }: Facts['string']): string | null {
    const enforced = formats.filter(({ name }) => formatRegex(name, max) !== null);
    const isUri = enforced.length > 0 && enforced.every(({ name }) => name === 'uri');
    const isPlain = isUri && patterns.every(({ source, pointer }) => this.#condition(source, pointer) === null);
    return isPlain ? longUriGrammar(min, max) : null;
  }

  /** Whether only the length of a string is limited. */
  isFree(facts: Facts['string']): boolean {
    return isEverything(this.of(facts));
  }

  /** Where a regular expression finds a match; null if it is left out. */
  regex(source: string, pointer: string): Automaton | null {
    const condition = this.#condition(source, pointer);
    if (condition === null) return null;
    return this.#once(`regex ${source}`, pointer, () => conditionAutomaton([condition], this.#budget, 'its pattern'));
  }

  #format(regex: string): Automaton {
    const automaton = formatAutomata.get(regex) ?? this.regex(regex, '') ?? everything;
    formatAutomata.set(regex, automaton);
    return automaton;
  }

  /** Null for a format that is left out. */
  #condition(source: string, pointer: string): Condition | null {
    try {
      const condition =
        this.#conditions.get(source) ?? this.#budget.at(pointer, () => regexCondition(source, this.#budget));
      this.#conditions.set(source, condition);
      return condition;
    } catch (error) {
      if (!(error instanceof RegexProblem)) throw error;
      this.#places.leaveOut(pointer, `the regular expression is not supported: ${error.message}`);
      return null;
    }
  }

  #once(key: string, place: string, make: () => Automaton): Automaton {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const automaton = this.#budget.at(place, make);
    this.#made.set(key, automaton);
    return automaton;
  }
}

function placeOf({ patterns, formats, lengths }: Facts['string'], isCounted = false): string {
  const pointers = [...patterns, ...formats].map(({ pointer }) => pointer);
  return [...pointers, ...(isCounted ? lengths : [])].join(' and ');
}
