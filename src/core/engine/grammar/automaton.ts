import { allChars, type CharSet, contains, partition, sizeOf, unionOf } from './char-set.js';
import type { Budget } from './limits.js';

interface Transition {
  readonly chars: CharSet;
  readonly to: number;
}

export interface State {
  /** Their characters are disjoint. */
  readonly transitions: readonly Transition[];
  readonly accepts: boolean;
}

/**
 * A deterministic finite automaton over code points. The start is state 0. From every state, an accepting one can be
 * reached; an automaton that accepts nothing has no states.
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

/** Makes an automaton of all reachable states. */
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
    const steps = machine.steps(state).filter(({ chars }) => chars.length > 0);
    budget.spend(steps.length);
    const transitions = transitionsTo(steps.map(({ chars, to }) => ({ chars, to: numberOf(to) })));
    states.push({ transitions, accepts: machine.accepts(state) });
  }
  return merged(trimmed(states));
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

/**
 * With equal states merged, starting at the ends: states from which no cycle can be reached, which are all if the
 * length is limited. A pattern that also counts parts of a text has many of them.
 */
function merged(states: Automaton): Automaton {
  const before = states.map((): number[] => []);
  const waiting = states.map(({ transitions }) => transitions.length);
  for (const [from, { transitions }] of states.entries()) for (const { to } of transitions) before[to]?.push(from);
  const ends = new Map<string, number>();
  const same = states.map((_, index) => index);
  const order = [...states.keys()].filter((index) => waiting[index] === 0);
  for (const index of order) {
    const { accepts = false, transitions = [] } = states[index] ?? {};
    const steps = transitionsTo(transitions.map(({ chars, to }) => ({ chars, to: same[to] ?? to })));
    const key = `${String(accepts)} ${steps
      .map(({ chars, to }) => `${to}:${chars.join()}`)
      .sort()
      .join(' ')}`;
    const equal = ends.get(key) ?? index;
    ends.set(key, equal);
    same[index] = equal;
    for (const from of before[index] ?? []) {
      waiting[from] = (waiting[from] ?? 0) - 1;
      if (waiting[from] === 0) order.push(from);
    }
  }
  const kept = [...states.keys()].filter((index) => same[index] === index);
  const numbers = new Map(kept.map((old, index) => [old, index]));
  // The start can only equal another state if there is none before it, so the order of the numbers may change.
  const start = numbers.get(same[0] ?? 0) ?? 0;
  const numberOf = (old: number): number => {
    const number = numbers.get(same[old] ?? old) ?? 0;
    return number === start ? 0 : number === 0 ? start : number;
  };
  const result: State[] = [];
  for (const old of kept) {
    const { accepts = false, transitions = [] } = states[old] ?? {};
    result[numberOf(old)] = {
      accepts,
      transitions: transitionsTo(transitions.map((each) => ({ ...each, to: numberOf(each.to) }))),
    };
  }
  return result;
}

/** One transition for each target. */
function transitionsTo(transitions: readonly Transition[]): readonly Transition[] {
  const byTarget = new Map<number, CharSet[]>();
  for (const { chars, to } of transitions) {
    const sets = byTarget.get(to);
    if (sets === undefined) byTarget.set(to, [chars]);
    else sets.push(chars);
  }
  return [...byTarget].map(([to, sets]) => ({ to, chars: unionOf(sets) }));
}

/** The automaton that accepts every text. */
export const everything: Automaton = [{ accepts: true, transitions: [{ chars: allChars, to: 0 }] }];

/** Whether the automaton accepts every text. */
export function isEverything(automaton: Automaton): boolean {
  return automaton.length === 1 && isEverythingAt(automaton, 0);
}

/** Whether the automaton accepts any continuation, and stays in this state. */
export function isEverythingAt(automaton: Automaton, state: number): boolean {
  const { accepts = false, transitions = [] } = automaton[state] ?? {};
  return (
    accepts &&
    transitions.every(({ to }) => to === state) &&
    sizeOf(unionOf(transitions.map(({ chars }) => chars))) === sizeOf(allChars)
  );
}

/** The number of a state after which nothing is accepted. */
export const dead = -1;

export function stateAfter(automaton: Automaton, state: number, codePoint: number): number {
  return automaton[state]?.transitions.find(({ chars }) => contains(chars, codePoint))?.to ?? dead;
}

export function acceptsText(automaton: Automaton, points: readonly number[], budget: Budget): boolean {
  if (isEverything(automaton)) return true;
  budget.spend(points.length);
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

/**
 * How several automata continue together: steps with disjoint characters to their next states, `dead` for those without
 * one.
 */
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

/** The texts that all of the automata accept. */
export function intersectionOf(automata: readonly Automaton[], budget: Budget, what: string): Automaton {
  return combined(automata, [], budget, what);
}

/** The texts that the first automaton accepts and none of the others does. */
export function without(automaton: Automaton, others: readonly Automaton[], budget: Budget, what: string): Automaton {
  return combined([automaton], others, budget, what);
}

/** The texts that all of some automata accept, and none of some others. */
export function combined(
  required: readonly Automaton[],
  forbidden: readonly Automaton[],
  budget: Budget,
  what: string,
): Automaton {
  const constraining = required.filter((automaton) => !isEverything(automaton));
  const all = constraining.length === 0 ? [everything] : constraining;
  const [first = everything] = all;
  if (all.length === 1 && forbidden.length === 0) return first;
  const automata = [...all, ...forbidden];
  return explore<readonly number[]>(
    {
      start: automata.map(startOf),
      key: (states) => states.join(),
      steps: (states) => {
        budget.spend(automata.length);
        if (states.slice(0, all.length).includes(dead)) return [];
        return jointSteps(automata, states).filter(({ to }) => !to.slice(0, all.length).includes(dead));
      },
      accepts: (states) =>
        states.every((state, index) => acceptsAt(automata[index] ?? [], state) === index < all.length),
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
  budget.spend(automaton.length);
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
  return { shortest: shortestOf(automaton), longest: longestOf(automaton) };
}

/** Breadth first. */
function shortestOf(automaton: Automaton): number {
  const lengths = new Map(automaton.length === 0 ? [] : [[0, 0]]);
  for (const [state, length] of lengths) {
    if (acceptsAt(automaton, state)) return length;
    for (const { to } of automaton[state]?.transitions ?? []) if (!lengths.has(to)) lengths.set(to, length + 1);
  }
  return Infinity;
}

/**
 * Every state can be reached and leads to an accepting one, so the longest text is the longest path, unless there is a
 * cycle.
 */
function longestOf(automaton: Automaton): number {
  const ways = automaton.map(() => 0);
  for (const { transitions } of automaton) for (const { to } of transitions) ways[to] = (ways[to] ?? 0) + 1;
  const lengths = automaton.map(() => 0);
  const order = [...automaton.keys()].filter((state) => ways[state] === 0);
  for (const state of order) {
    for (const { to } of automaton[state]?.transitions ?? []) {
      lengths[to] = Math.max(lengths[to] ?? 0, (lengths[state] ?? 0) + 1);
      ways[to] = (ways[to] ?? 0) - 1;
      if (ways[to] === 0) order.push(to);
    }
  }
  return order.length < automaton.length ? Infinity : Math.max(0, ...lengths);
}
