import { charsOf, complement, difference } from '../../grammar/char-set.js';
import { type GrammarBuilder, keyOf, type RuleItem, type Sequence } from '../../grammar/rules.js';

/** A text that ends free text, and what follows it. */
export interface TextEnd {
  readonly text: string;
  /** Whether it only counts at the beginning, apart from white space. */
  readonly atStart: boolean;
  readonly then: Sequence;
}

/** A position in the texts that end free text. */
interface Place {
  /** What the free text ends with here. */
  readonly text: string;
  readonly next: Map<string, Place>;
  /** What follows if a text is complete here. */
  then: Sequence | null;
}

const white = charsOf(' \t\r\n');

/**
 * Free text up to the first of some texts, with which something else begins. There is one rule for each position in
 * these texts, and each character leads to exactly one of them (Aho and Corasick 1975).
 *
 * @param mayEnd whether the text may end without any of them
 */
export function textUntil(builder: GrammarBuilder, ends: readonly TextEnd[], mayEnd: boolean): RuleItem {
  const anywhere = ends.filter(({ atStart }) => !atStart);
  const steps = new Steps(builder, placesOf(anywhere), mayEnd);
  return anywhere.length === ends.length ? steps.anywhere : steps.fromStart(placesOf(ends));
}

/** @returns the position before all texts */
function placesOf(ends: readonly TextEnd[]): Place {
  const newPlace = (text: string): Place => ({ text, next: new Map(), then: null });
  const root = newPlace('');
  for (const { text, then } of ends) {
    let place = root;
    for (const char of text) {
      const next = place.next.get(char) ?? newPlace(place.text + char);
      place.next.set(char, next);
      place = next;
    }
    place.then ??= then;
  }
  return root;
}

/** The rules of positions: where each character leads. */
class Steps {
  readonly #builder: GrammarBuilder;
  readonly #root: Place;
  readonly #mayEnd: boolean;
  /** The positions in texts that count anywhere. */
  readonly #rules = new Map<Place, RuleItem>();

  constructor(builder: GrammarBuilder, root: Place, mayEnd: boolean) {
    this.#builder = builder;
    this.#root = root;
    this.#mayEnd = mayEnd;
    const places = [root];
    for (const place of places) {
      places.push(...place.next.values());
      this.#rules.set(place, builder.reserveState());
    }
    for (const place of places) {
      const to = (next: Place): RuleItem => this.#ruleOf(next);
      builder.define(this.#ruleOf(place), place.then === null ? this.#alternatives(place, to) : [place.then]);
    }
  }

  get anywhere(): RuleItem {
    return this.#ruleOf(this.#root);
  }

  /**
   * The rule of the beginning, where more texts count and white space makes no difference. The positions in these texts
   * are reached only once, so positions with the same continuations can be merged. Texts that differ only at their
   * beginning share most of their positions: with 32 functions with long names, the grammar for Llama 3 has 21 000
   * elements instead of 70 000, which would be too many.
   */
  fromStart(start: Place): RuleItem {
    const builder = this.#builder;
    const equal = new Map<string, RuleItem>();
    const ruleOf = (place: Place): RuleItem => {
      const alternatives = place.then === null ? this.#alternatives(place, ruleOf) : [place.then];
      const key = alternatives.map(keyOf).join('|');
      const known = equal.get(key);
      if (known !== undefined) return known;
      const rule = builder.reserveState();
      builder.define(rule, alternatives);
      equal.set(key, rule);
      return rule;
    };
    const rule = builder.reserveState();
    const skipped = difference(white, charsOf([...start.next.keys()].join('')));
    const skip: Sequence = [builder.chars(skipped), rule];
    builder.define(rule, [...this.#alternatives(start, ruleOf, skipped), ...(skipped.length > 0 ? [skip] : [])]);
    return rule;
  }

  /** @param excluded characters that lead elsewhere */
  #alternatives(place: Place, to: (next: Place) => RuleItem, excluded: readonly number[] = []): readonly Sequence[] {
    const builder = this.#builder;
    const steps = new Map([...place.next].map(([char, next]) => [char, to(next)]));
    for (const ending of endingsOf(place, this.#root)) {
      for (const [char, next] of ending.next) if (!steps.has(char)) steps.set(char, this.#ruleOf(next));
    }
    const others = difference(complement(charsOf([...steps.keys()].join(''))), excluded);
    return [
      ...[...steps].map(([char, rule]) => [...builder.literal(char), rule]),
      [builder.chars(others), this.anywhere],
      ...(this.#mayEnd ? [[]] : []),
    ];
  }

  #ruleOf(place: Place): RuleItem {
    const rule = this.#rules.get(place);
    if (rule === undefined) throw new Error('A place has no rule.');
    return rule;
  }
}

/** All positions after `root` whose text is a suffix of this one's, from the longest. */
function endingsOf({ text }: Place, root: Place): readonly Place[] {
  const chars = Array.from(text);
  return [...chars, ''].flatMap((_, begin) => {
    let place: Place | undefined = root;
    for (const char of chars.slice(begin)) place = place?.next.get(char);
    return place === undefined ? [] : [place];
  });
}
