import { allChars, type CharSet, contains, partition, sizeOf, union } from './char-set.js';
import type { Budget } from './limits.js';

export interface Transition {
  readonly chars: CharSet;
  readonly to: number;
}

export interface State {
  /** Their characters are disjoint. */
  readonly transitions: readonly Transition[];
  readonly accepts: boolean;
}

/**
 * A deterministic finite automaton over code points. The start is state 0. Every state is on the way to an accepting
 * one; an automaton that accepts nothing has no states.
 */
export type Automaton = readonly State[];

/** What {@link explore} has to know about states of any type. */
export interface Machine<S> {
  readonly start: S;
  /** The same text for the same state. */
  key(state: S): string;
  /** Steps with disjoint characters. */
  steps(state: S): readonly { readonly chars: CharSet; readonly to: S }[];
  accepts(state: S): boolean;
}

/** Makes an automaton of all states that can be reached. */
export function explore<S>(machine: Machine<S>, budget: Budget, what: string): Automaton {
  const numbers = new Map<string, number>();
  const found: S[] = [];
  const numberOf = (state: S): number => {
    const key = machine.key(state);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, found.length);
    found.push(state);
    budget.checkStates(found.length, what);
    return found.length - 1;
  };
  numberOf(machine.start);
  const states: State[] = [];
  for (const state of found) {
    const byTarget = new Map<number, CharSet[]>();
    for (const { chars, to } of machine.steps(state)) {
      if (chars.length === 0) continue;
      budget.spend();
      const target = numberOf(to);
      byTarget.set(target, [...(byTarget.get(target) ?? []), chars]);
    }
    const transitions = [...byTarget].map(([to, sets]) => ({ to, chars: union(...sets) }));
    states.push({ transitions, accepts: machine.accepts(state) });
  }
  return trimmed(states);
}

/** Without the states from which no text is accepted. */
function trimmed(states: Automaton): Automaton {
  const before = states.map((): number[] => []);
  for (const [from, { transitions }] of states.entries()) for (const { to } of transitions) before[to]?.push(from);
  const alive = new Set<number>();
  const open = [...states.keys()].filter((index) => states[index]?.accepts === true);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (alive.has(state)) continue;
    alive.add(state);
    open.push(...(before[state] ?? []));
  }
  if (!alive.has(0)) return [];
  const numbers = new Map([...alive].sort((a, b) => a - b).map((state, index) => [state, index]));
  return [...numbers.keys()].map((old) => ({
    accepts: states[old]?.accepts === true,
    transitions: (states[old]?.transitions ?? []).flatMap(({ chars, to }) => {
      const target = numbers.get(to);
      return target === undefined ? [] : [{ chars, to: target }];
    }),
  }));
}

/** The automaton that accepts every text. */
export const everything: Automaton = [{ accepts: true, transitions: [{ chars: allChars, to: 0 }] }];

/** Whether the automaton accepts every text. */
export function isEverything(automaton: Automaton): boolean {
  const [start] = automaton;
  if (automaton.length !== 1 || start?.accepts !== true) return false;
  return sizeOf(union(...start.transitions.map(({ chars }) => chars))) === sizeOf(allChars);
}

/** The number of a state after which nothing is accepted. */
export const dead = -1;

export function stateAfter(automaton: Automaton, state: number, codePoint: number): number {
  return automaton[state]?.transitions.find(({ chars }) => contains(chars, codePoint))?.to ?? dead;
}

export function acceptsText(automaton: Automaton, points: readonly number[]): boolean {
  let state = automaton.length === 0 ? dead : 0;
  for (const point of points) state = stateAfter(automaton, state, point);
  return acceptsAt(automaton, state);
}

export function acceptsAt(automaton: Automaton, state: number): boolean {
  return automaton[state]?.accepts === true;
}

/** The start of an automaton, which is dead if it accepts nothing. */
export function startOf(automaton: Automaton): number {
  return automaton.length === 0 ? dead : 0;
}

/** How several automata go on together: steps with disjoint characters to their next states, `dead` where one has none. */
export function jointSteps(
  automata: readonly Automaton[],
  states: readonly number[],
): { readonly chars: CharSet; readonly to: readonly number[] }[] {
  const transitions = automata.flatMap((automaton, index) =>
    (automaton[states[index] ?? dead]?.transitions ?? []).map(({ chars, to }) => ({ index, chars, to })),
  );
  return partition(transitions.map(({ chars }) => chars)).map(({ chars, members }) => {
    const to = automata.map(() => dead);
    for (const member of members) {
      const transition = transitions[member];
      if (transition !== undefined) to[transition.index] = transition.to;
    }
    return { chars, to };
  });
}

/** What all of the automata accept. */
export function intersectionOf(automata: readonly Automaton[], budget: Budget, what: string): Automaton {
  const constraining = automata.filter((automaton) => !isEverything(automaton));
  const [first = everything, ...others] = constraining;
  if (others.length === 0) return first;
  return combined(constraining, (accepting) => accepting.every(Boolean), true, budget, what);
}

/** What the first automaton accepts and none of the others. */
export function without(automaton: Automaton, others: readonly Automaton[], budget: Budget, what: string): Automaton {
  if (others.length === 0) return automaton;
  const rule = ([first = false, ...rest]: readonly boolean[]): boolean => first && !rest.some(Boolean);
  return combined([automaton, ...others], rule, false, budget, what);
}

function combined(
  automata: readonly Automaton[],
  accepts: (accepting: readonly boolean[]) => boolean,
  needsAll: boolean,
  budget: Budget,
  what: string,
): Automaton {
  return explore<readonly number[]>(
    {
      start: automata.map(startOf),
      key: (states) => states.join(),
      steps: (states) =>
        jointSteps(automata, states).filter(({ to }) => (needsAll ? !to.includes(dead) : to[0] !== dead)),
      accepts: (states) => accepts(states.map((state, index) => acceptsAt(automata[index] ?? [], state))),
    },
    budget,
    what,
  );
}

/** The texts of an automaton that have `min` to `max` code points. */
export function ofLength(
  automaton: Automaton,
  { min, max }: { readonly min: number; readonly max: number },
  budget: Budget,
  what: string,
): Automaton {
  const { shortest, longest } = lengthsOf(automaton);
  if (min <= shortest && max >= longest) return automaton;
  const last = max === Infinity ? min : max;
  return explore<readonly [state: number, length: number]>(
    {
      start: [startOf(automaton), 0],
      key: (pair) => pair.join(),
      steps: ([state, length]) => {
        if (length >= max) return [];
        const next = Math.min(length + 1, max === Infinity ? last : length + 1);
        return (automaton[state]?.transitions ?? []).map(({ chars, to }) => ({ chars, to: [to, next] as const }));
      },
      accepts: ([state, length]) => acceptsAt(automaton, state) && length >= min,
    },
    budget,
    what,
  );
}

/** The lengths of the shortest and the longest text that is accepted; Infinity for the latter if there is none. */
function lengthsOf(automaton: Automaton): { readonly shortest: number; readonly longest: number } {
  let shortest = Infinity;
  let length = 0;
  let reached = new Set(automaton.length === 0 ? [] : [0]);
  // Every state leads to an accepting one: a text that is longer than there are states has gone in a circle.
  for (; reached.size > 0 && length <= automaton.length; length += 1) {
    const next = new Set<number>();
    for (const state of reached) {
      if (acceptsAt(automaton, state)) shortest = Math.min(shortest, length);
      for (const { to } of automaton[state]?.transitions ?? []) next.add(to);
    }
    reached = next;
  }
  return { shortest, longest: reached.size > 0 ? Infinity : length - 1 };
}
