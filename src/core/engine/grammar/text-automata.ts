import { acceptsAt, type Automaton, combined, dead, everything, explore, startOf, stateAfter } from './automaton.js';
import { charsOf, codePoints, difference, singleChar } from './char-set.js';
import type { Budget } from './limits.js';

/** Exactly these texts. */
export function automatonOfTexts(texts: readonly string[], budget: Budget): Automaton {
  if (texts.length === 0) return [];
  const nodes: { readonly next: Map<number, number>; accepts: boolean }[] = [{ next: new Map(), accepts: false }];
  for (const text of texts) {
    let at = 0;
    for (const point of codePoints(text)) {
      budget.spend();
      const known = nodes[at]?.next.get(point);
      if (known === undefined) {
        nodes[at]?.next.set(point, nodes.length);
        at = nodes.length;
        nodes.push({ next: new Map(), accepts: false });
      } else {
        at = known;
      }
    }
    const last = nodes[at];
    if (last !== undefined) last.accepts = true;
  }
  return nodes.map(({ next, accepts }) => ({
    accepts,
    transitions: [...next].map(([point, to]) => ({ chars: singleChar(point), to })),
  }));
}

/** The texts that at least one of the automata accepts. */
export function unionOf(automata: readonly Automaton[], budget: Budget, what: string): Automaton {
  const [only = [], ...others] = automata.filter(({ length }) => length > 0);
  if (others.length === 0) return only;
  return combined([everything], [combined([everything], [only, ...others], budget, what)], budget, what);
}

/** The position in a text, and where its end mark may have begun. */
interface Place {
  /** The state of the text's automaton; dead if only an end mark that has begun can follow. */
  readonly state: number;
  /** The longest beginning of the end mark, or of a forbidden text, with which the text ends. */
  readonly tail: string;
  /** For each character of the tail, whether the text may have ended before it. */
  readonly mayEnd: readonly boolean[];
  /** Whether nothing but the rest of the end mark may follow. */
  readonly isEnding: boolean;
}

/**
 * The texts of an automaton, each followed by an end mark that does not occur in it. The first occurrence of the mark
 * is the end, so that one character is enough to know the position in a text.
 *
 * @param forbidden other texts that must not occur, except as parts of the mark. If the beginning of the mark is among
 *   them, fewer states are needed: not one for each character of the mark and each state of the text
 */
export function endedBy(
  automaton: Automaton,
  end: string,
  forbidden: readonly string[],
  budget: Budget,
  what: string,
): Automaton {
  const marks = [end, ...forbidden];
  const special = charsOf(marks.join(''));
  const points = [...new Set(codePoints(marks.join('')))];

  const tailOf = (text: string): string => {
    for (let length = text.length; length > 0; length -= 1) {
      const tail = text.slice(-length);
      if (marks.some((mark) => mark.startsWith(tail))) return tail;
    }
    return '';
  };

  const after = ({ state, tail, mayEnd, isEnding }: Place, point: number): Place | null => {
    const next = isEnding ? tail + String.fromCodePoint(point) : tailOf(tail + String.fromCodePoint(point));
    if (isEnding) return end.startsWith(next) ? { state, tail: next, mayEnd, isEnding } : null;
    const ends = next === '' ? [] : [...mayEnd, acceptsAt(automaton, state)].slice(-next.length);
    if (next === end || forbidden.some((text) => next.endsWith(text))) {
      const isEnd = end.startsWith(next) && ends[0] === true;
      return isEnd ? { state: dead, tail: next, mayEnd: [true], isEnding: true } : null;
    }
    return { state: stateAfter(automaton, state, point), tail: next, mayEnd: ends, isEnding: false };
  };

  return explore<Place>(
    {
      start: { state: startOf(automaton), tail: '', mayEnd: [], isEnding: false },
      key: ({ state, tail, mayEnd, isEnding }) =>
        `${state} ${tail.length} ${tail} ${mayEnd.map(Number).join('')} ${String(isEnding)}`,
      accepts: ({ tail, isEnding }) => isEnding && tail === end,
      steps: (place) => {
        const others = (automaton[place.state]?.transitions ?? []).map(({ chars, to }) => ({
          chars: difference(chars, special),
          to: { state: to, tail: '', mayEnd: [], isEnding: false },
        }));
        const marked = points.flatMap((point) => {
          const to = after(place, point);
          return to === null || (to.state === dead && to.tail === '') ? [] : [{ chars: singleChar(point), to }];
        });
        return [...others, ...marked];
      },
    },
    budget,
    what,
  );
}
