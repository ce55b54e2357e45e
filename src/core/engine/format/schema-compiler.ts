import { type Automaton, everything, intersectionOf } from '../grammar/automaton.js';
import { parseGbnf } from '../grammar/gbnf-parser.js';
import type { JsonRules } from '../grammar/json-rules.js';
import { tooComplexError } from '../grammar/limits.js';
import type { Alternatives, GrammarBuilder, RuleItem, Sequence } from '../grammar/rules.js';
import { plainTextRules } from '../grammar/text-rules.js';
import { type Conjunction, conjunctionOf, keyOfConjunction, plainParts, takeApart } from './schema/conjunction.js';
import { distinct } from './schema/distinct.js';
import { type Facts, factsOf, hasArrayFacts, hasObjectFacts, isEmpty } from './schema/facts.js';
import { type Kind, kindOf } from './schema/kinds.js';
import type { Located, Places } from './schema/located.js';
import { decimalOf, isInRange, type NumberRange } from './schema/number-range.js';
import { unsatisfiable } from './schema/unsatisfiable.js';
import { mostInSet, setRule, tupleRule } from './values/arrays.js';
import { numberText } from './values/number-text.js';
import { objectShape } from './values/object-shape.js';
import { ObjectRules } from './values/objects.js';
import { stringValues } from './values/string-values.js';
import { StringAutomata } from './values/strings.js';
import { exactly, oneOfValues } from './values/values.js';

/** The largest `multipleOf`, without its decimal point. Many smaller ones need too many rules, but not round ones. */
const largestMultiple = 100_000_000;

/** Compiles the schemas of one document. Each combination of schemas is one rule, so schemas may be recursive. */
export class SchemaCompiler {
  readonly #json: JsonRules;
  readonly #builder: GrammarBuilder;
  readonly #places: Places;
  readonly #strings: StringAutomata;
  readonly #rules = new Map<string, RuleItem>();
  /** Rules of grammars in GBNF. */
  readonly #grammars = new Map<string, RuleItem>();
  /** Rules that are still to be defined. */
  readonly #open: (() => void)[] = [];

  constructor(json: JsonRules, places: Places) {
    this.#json = json;
    this.#builder = json.builder;
    this.#places = places;
    this.#strings = new StringAutomata(places, json.builder.budget);
  }

  /**
   * The rule for all values that these schemas of the document allow together.
   *
   * @throws ChatstreamError `invalid_request` for schemas that cannot be enforced, `grammar_too_complex`
   */
  compile(...schemas: readonly Located[]): RuleItem {
    return this.#builder.budget.about(this.#places.subject, () => {
      const rule = this.#rule(conjunctionOf(...schemas));
      for (let define = this.#open.pop(); define !== undefined; define = this.#open.pop()) define();
      return rule;
    });
  }

  /**
   * The strings among the values that these schemas allow together.
   *
   * @param longest the longest `maxLength`, and `minLength`, that is counted
   * @throws ChatstreamError as {@link compile} does
   */
  strings(longest: number, ...schemas: readonly Located[]): Automaton {
    const { budget } = this.#builder;
    return budget.about(this.#places.subject, () =>
      stringValues(conjunctionOf(...schemas), longest, {
        places: this.#places,
        strings: this.#strings,
        budget,
        allowedValues: (facts) => this.#allowedValues(facts),
      }),
    );
  }

  /** The value that satisfies all of these, as a part of a sequence. */
  readonly value = (conjunction: Conjunction): Sequence => {
    // A constant is text instead of a rule, so that objects can be distinguished by it.
    const [only] = conjunction;
    const schema = conjunction.length === 1 && only?.bare === false ? only.located.schema : true;
    if (typeof schema !== 'boolean' && isConstant(schema)) {
      const values = this.#finite(conjunction);
      const [value] = values ?? [];
      if (values?.length === 1) return exactly(this.#json, value);
    }
    return [this.#rule(conjunction)];
  };

  #rule(conjunction: Conjunction): RuleItem {
    const key = keyOfConjunction(conjunction, this.#places);
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const rule = this.#builder.reserve();
    this.#rules.set(key, rule);
    this.#builder.problems.set(rule.rule, () => unsatisfiable(conjunction, this.#places));
    this.#open.push(() => {
      this.#builder.define(rule, this.#alternatives(conjunction));
    });
    return rule;
  }

  #alternatives(conjunction: Conjunction): Alternatives {
    const parted = takeApart(conjunction, this.#places);
    if (parted.never !== null) return [];
    const [choice, ...choices] = parted.choices;
    if (choice !== undefined) {
      return this.#options(choice, choices).map((options) => [this.#rule([...plainParts(parted), ...options])]);
    }
    if (parted.plain.length === 0) return [[this.#json.value]];
    const facts = factsOf(parted, this.#places);
    const values = this.#allowedValues(facts);
    if (values !== null) return [[oneOfValues(this.#json, values)]];
    return [...facts.kinds].flatMap((kind) => this.#ofKind(kind, facts));
  }

  /** Every way to take one option of each choice. */
  #options(choice: Conjunction, choices: readonly Conjunction[]): readonly Conjunction[] {
    return choices.reduce<readonly Conjunction[]>(
      (all, next) => {
        this.#builder.budget.spend(all.length * next.length);
        return all.flatMap((options) => next.map((option) => [...options, option]));
      },
      choice.map((option) => [option]),
    );
  }

  #ofKind(kind: Kind, facts: Facts): Alternatives {
    if (isEmpty(kind, facts)) return [];
    switch (kind) {
      case 'null':
        return this.#json.constants(null);
      case 'boolean':
        return this.#json.constants(true, false);
      case 'number':
        return [[this.#number(facts)]];
      case 'string':
        return [this.#string(facts)];
      case 'array':
        return [[this.#array(facts)]];
      case 'object':
        return [[this.#object(facts)]];
    }
  }

  #number(facts: Facts): RuleItem {
    if (isFreeNumber(facts)) return this.#json.number;
    const { multiples, pointers } = facts.number;
    const places = multiples.length > 0 ? multiples.map(({ pointer }) => pointer) : pointers;
    const text = this.#builder.budget.at(places.join(' and '), () => this.#numberText(facts));
    return plainTextRules(this.#builder, text);
  }

  #numberText(facts: Facts): Automaton {
    const multiples = facts.number.multiples.filter(({ value, pointer }) => {
      const { integer, fraction } = decimalOf(value);
      if (Number(integer + fraction) <= largestMultiple) return true;
      this.#places.leaveOut(pointer, `${value} has too many digits: it may be at most ${largestMultiple}`);
      return false;
    });
    return numberText({ ...rangeOf(facts), multiples }, this.#builder.budget);
  }

  #string(facts: Facts): Sequence {
    const { min, max } = facts.string;
    if (this.#strings.isFree(facts.string)) return this.#json.string(min, max);
    const grammar = this.#strings.grammar(facts.string);
    if (grammar !== null) return this.#json.quoted(this.#grammarRule(grammar));
    return this.#json.stringOf(this.#strings.withLength(facts.string));
  }

  #grammarRule(grammar: string): RuleItem {
    const rule = this.#grammars.get(grammar) ?? parseGbnf(grammar, this.#builder);
    this.#grammars.set(grammar, rule);
    return rule;
  }

  #array({ array, isVague }: Facts): RuleItem {
    const { sources, min, max, unique } = array;
    const length = Math.max(0, ...sources.map(({ prefix }) => prefix.length));
    const prefix = Array.from({ length }, (_, index) =>
      this.value(conjunctionOf(...sources.flatMap((source) => source.prefix[index] ?? source.items ?? []))),
    );
    const items = sources.flatMap((source) => source.items ?? []);
    const set = unique !== null && max > 1 ? this.#set(items, length, unique, min, max) : null;
    if (set !== null) return set;
    // After the items of a tuple, others come only if the schema says what they are, or that there must be more.
    const isClosed = length > 0 && items.length === 0 && !isVague;
    const rest = items.length === 0 ? [this.#json.value] : this.value(conjunctionOf(...items));
    return tupleRule(this.#json, { prefix, rest, min, max: isClosed ? Math.min(max, Math.max(min, length)) : max });
  }

  /** Null if it is an ordinary list, because the keyword that its items differ is left out. */
  #set(items: readonly Located[], prefix: number, pointer: string, min: number, max: number): RuleItem | null {
    const values = prefix > 0 ? null : this.#finite(conjunctionOf(...items));
    if (values === null) {
      this.#places.leaveOut(
        pointer,
        'that items differ can be enforced only for items with an enum, in a list of one kind',
      );
      return null;
    }
    if (values.length > mostInSet) {
      if (this.#places.mayLeaveOut(pointer)) return null;
      throw tooComplexError(
        this.#places.subject,
        `${pointer} makes a set of ${values.length} values, and at most ${mostInSet} are allowed`,
        'Leave uniqueItems out, or list fewer values.',
      );
    }
    const texts = values.map((value) => exactly(this.#json, value));
    return setRule(this.#json, texts, min, Math.min(max, texts.length));
  }

  /** All values that satisfy a conjunction; null if there is no short list of them. */
  #finite(conjunction: Conjunction): readonly unknown[] | null {
    const parted = takeApart(conjunction, this.#places);
    if (parted.never !== null) return [];
    if (parted.choices.length > 0 || parted.plain.length === 0) return null;
    const facts = factsOf(parted, this.#places);
    const values = this.#allowedValues(facts);
    if (values !== null) return distinct(values, this.#builder.budget);
    if (![...facts.kinds].every((kind) => kind === 'boolean' || kind === 'null')) return null;
    return [...(facts.kinds.has('boolean') ? [true, false] : []), ...(facts.kinds.has('null') ? [null] : [])];
  }

  #object(facts: Facts): RuleItem {
    const shape = objectShape(facts, {
      places: this.#places,
      strings: this.#strings,
      budget: this.#builder.budget,
      namesOf: (names) => this.#names(names),
      value: this.value,
    });
    return new ObjectRules(this.#json, { ...shape, named: this.#json.ordered(shape.named) }).rule();
  }

  /** The strings that `propertyNames` allows: an automaton, and the list if there is one. */
  #names(conjunction: Conjunction): { readonly automaton: Automaton; readonly listed: readonly string[] | null } {
    const { budget } = this.#builder;
    budget.spend(conjunction.length);
    const parted = takeApart(conjunction, this.#places);
    if (parted.never !== null) return { automaton: [], listed: [] };
    const [choice, ...choices] = parted.choices;
    if (choice !== undefined) {
      const lists = this.#options(choice, choices).map(
        (options) => this.#names([...plainParts(parted), ...options]).listed,
      );
      if (lists.includes(null)) {
        this.#places.leaveOut(choice[0]?.located.pointer ?? '', 'alternatives in propertyNames must be enums');
        return { automaton: everything, listed: null };
      }
      return { automaton: everything, listed: lists.flatMap((listed) => listed ?? []) };
    }
    const facts = factsOf(parted, this.#places);
    if (!facts.kinds.has('string')) return { automaton: [], listed: [] };
    const automaton = intersectionOf([this.#strings.withLength(facts.string)], budget, 'propertyNames');
    const values = this.#allowedValues(facts);
    const listed = values === null ? null : values.filter((value) => typeof value === 'string');
    return { automaton, listed };
  }

  /** The values of `enum` and `const` that satisfy the rest of the schema. */
  #allowedValues(facts: Facts): readonly unknown[] | null {
    const { string } = facts;
    if (facts.values === null) return null;
    return facts.values.filter((value) => {
      const kind = kindOf(value);
      if (!facts.kinds.has(kind)) return false;
      if (typeof value === 'string') return this.#strings.allows(string, value);
      if (typeof value === 'number') return isInRange(value, rangeOf(facts));
      const isConstrained = (kind === 'array' && hasArrayFacts(facts)) || (kind === 'object' && hasObjectFacts(facts));
      if (isConstrained)
        this.#places.leaveOut(facts.place, 'lists and objects in an enum cannot be constrained further');
      return true;
    });
  }
}

/** Whether every number is allowed. */
function isFreeNumber({ integer, number: { min, max, multiples } }: Facts): boolean {
  return !integer && min === null && max === null && multiples.length === 0;
}

function rangeOf({ integer, number }: Facts): NumberRange {
  return { ...number, integer };
}

function isConstant(schema: Readonly<Record<string, unknown>>): boolean {
  const isSingle = Array.isArray(schema['enum']) && schema['enum'].length === 1;
  const isCombined = ['$ref', 'allOf', 'anyOf', 'oneOf'].some((keyword) => schema[keyword] !== undefined);
  return (Object.hasOwn(schema, 'const') || isSingle) && !isCombined;
}
