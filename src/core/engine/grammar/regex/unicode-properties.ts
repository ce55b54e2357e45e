import { allChars, type CharSet, charSetOf, rangesOf } from '../char-set.js';
import type { Budget } from '../limits.js';
import { RegexProblem } from './regex-problem.js';

/** By property. There are a few hundred properties; each takes some 30 ms to determine. */
const known = new Map<string, CharSet>();

/** Steps of a {@link Budget} that one property costs. */
const cost = 100_000;

/** Code points that are tested at once. */
const blockSize = 0x1000;

/**
 * The characters of a Unicode property, such as `L` or `Script=Greek`, as the JavaScript engine knows it.
 *
 * @throws RegexProblem for an unknown property
 */
export function propertyChars(property: string, budget: Budget): CharSet {
  const chars = known.get(property);
  if (chars !== undefined) return chars;
  budget.spend(cost);
  const found = charSetOf(rangesWith(patternFor(property)));
  known.set(property, found);
  return found;
}

function patternFor(property: string): RegExp {
  try {
    if (/^\w+(?:=\w+)?$/.test(property)) return new RegExp(`\\p{${property}}+`, 'gu');
  } catch {
    // The error below says the same in our words.
  }
  throw new RegexProblem(`the property "${property}" is unknown`);
}

function* rangesWith(pattern: RegExp): Generator<readonly [first: number, last: number]> {
  for (const [first, last] of rangesOf(allChars)) {
    for (let begin = first; begin <= last; begin += blockSize) {
      const length = Math.min(blockSize, last - begin + 1);
      const text = Array.from({ length }, (_, index) => String.fromCodePoint(begin + index)).join('');
      const width = begin > 0xffff ? 2 : 1;
      for (const { index, 0: run } of text.matchAll(pattern)) {
        const from = begin + index / width;
        yield [from, from + run.length / width - 1];
      }
    }
  }
}
