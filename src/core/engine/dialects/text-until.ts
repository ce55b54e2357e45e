import { charsOf, complement, difference } from '../grammar/char-set.js';
import type { GrammarBuilder, RuleItem, Sequence } from '../grammar/rules.js';

/** A text that ends free text, and what follows it. */
export interface TextEnd {
  readonly text: string;
  /** Whether it counts only at the beginning, apart from white space. */
  readonly atStart: boolean;
  readonly then: Sequence;
}

/** A place in the texts that end free text. */
interface Place {
  readonly rule: RuleItem;
  /** What the free text ends with here. */
  readonly text: string;
  readonly next: Map<string, Place>;
  /** What follows if a text is complete here. */
  then: Sequence | null;
}

const white = charsOf(' \t\r\n');

/**
 * Free text up to the first of some texts, with which something else begins. There is one rule for each place in these
 * texts, and each character leads to exactly one of them (Aho and Corasick 1975).
 *
 * @param mayEnd whether the text may end without any of them
 */
export function textUntil(builder: GrammarBuilder, ends: readonly TextEnd[], mayEnd: boolean): RuleItem {
  const anywhere = ends.filter(({ atStart }) => !atStart);
  const root = placesOf(builder, anywhere);
  define(builder, root, root, mayEnd);
  if (anywhere.length === ends.length) return root.rule;
  const start = placesOf(builder, ends);
  define(builder, start, root, mayEnd);
  return start.rule;
}

/** @returns the place before all texts */
function placesOf(builder: GrammarBuilder, ends: readonly TextEnd[]): Place {
  const newPlace = (text: string): Place => ({ rule: builder.reserveState(), text, next: new Map(), then: null });
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

/**
 * Defines the rules of all places.
 *
 * @param anywhere the place before the texts that count anywhere; at the beginning, there is another one, around which
 *   white space makes no difference
 */
function define(builder: GrammarBuilder, root: Place, anywhere: Place, mayEnd: boolean): void {
  const open = [root];
  for (let place = open.shift(); place !== undefined; place = open.shift()) {
    open.push(...place.next.values());
    if (place.then !== null) {
      builder.define(place.rule, [place.then]);
      continue;
    }
    const steps = new Map<string, Place>();
    for (const each of [place, ...endingsOf(place, anywhere)]) {
      for (const [char, next] of each.next) if (!steps.has(char)) steps.set(char, next);
    }
    const taken = charsOf([...steps.keys()].join(''));
    const skipped = place === root && root !== anywhere ? difference(white, taken) : [];
    const others = difference(complement(taken), skipped);
    builder.define(place.rule, [
      ...[...steps].map(([char, { rule }]) => [...builder.literal(char), rule]),
      ...(skipped.length > 0 ? [[builder.chars(skipped), place.rule]] : []),
      [builder.chars(others), anywhere.rule],
      ...(mayEnd ? [[]] : []),
    ]);
  }
}

/** All places after `root` whose text this one ends with, from the longest. */
function endingsOf({ text }: Place, root: Place): readonly Place[] {
  const chars = Array.from(text);
  return [...chars, ''].flatMap((_, begin) => {
    let place: Place | undefined = root;
    for (const char of chars.slice(begin)) place = place?.next.get(char);
    return place === undefined ? [] : [place];
  });
}
