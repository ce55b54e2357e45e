import {
  acceptsAt,
  type Automaton,
  combined,
  dead,
  everything,
  explore,
  isEverythingAt,
  startOf,
  stateAfter,
} from '../automaton.js';
import { allChars, type CharSet, partition } from '../char-set.js';
import type { Budget } from '../limits.js';
import { parseRegex, type Regex } from './regex-syntax.js';

const what = 'its pattern';

/** Texts that all of some automata accept, and none of some others. */
export interface Condition {
  readonly required: readonly Automaton[];
  readonly forbidden: readonly Automaton[];
}

/**
 * The texts in which a regular expression finds a match, as an automaton.
 *
 * @throws RegexProblem for an invalid or unsupported expression
 * @throws ChatstreamError `grammar_too_complex`
 */
export function regexAutomaton(source: string, budget: Budget): Automaton {
  return conditionAutomaton([regexCondition(source, budget)], budget, what);
}

/**
 * The same as a condition: lookaheads at the beginning, after `^`, are automata of their own, which are smaller than
 * their product.
 *
 * @throws as {@link regexAutomaton}
 */
export function regexCondition(source: string, budget: Budget): Condition {
  const regex = parseRegex(source, budget);
  const parts = flat(regex);
  const begin = parts.findIndex(({ type }) => type !== 'edge' && type !== 'lookahead');
  const assertions = parts.slice(0, begin === -1 ? parts.length : begin);
  const [start] = assertions;
  const lookaheads = assertions.filter((part) => part.type === 'lookahead');
  if (start?.type !== 'edge' || start.edge !== 'start') return { required: [match(regex, budget)], forbidden: [] };
  const others = parts.filter((part) => !lookaheads.some((each) => each === part));
  const rest = match({ type: 'sequence', parts: others }, budget);
  const automata = (negative: boolean): readonly Automaton[] =>
    lookaheads.filter((part) => part.negative === negative).map(({ part }) => matchAtStart(part, budget));
  return { required: [rest, ...automata(false)], forbidden: automata(true) };
}

/** The texts that satisfy all conditions. */
export function conditionAutomaton(conditions: readonly Condition[], budget: Budget, name: string): Automaton {
  const required = conditions.flatMap((condition) => condition.required);
  const forbidden = conditions.flatMap((condition) => condition.forbidden);
  return combined(required, forbidden, budget, name);
}

/** The parts of nested sequences. */
function flat(regex: Regex): readonly Regex[] {
  return regex.type === 'sequence' ? regex.parts.flatMap(flat) : [regex];
}

function matchAtStart(part: Regex, budget: Budget): Automaton {
  return match({ type: 'sequence', parts: [{ type: 'edge', edge: 'start' }, part] }, budget);
}

/** What the rest of the text has to be, or must not be. */
interface Assertion {
  readonly rest: Automaton;
  readonly negative: boolean;
}

interface Node {
  readonly steps: { readonly chars: CharSet; readonly to: number }[];
  readonly free: number[];
  /** Next nodes that may be entered only at the start of the text, or only at its end. */
  readonly atStart: number[];
  readonly atEnd: number[];
  /** Next nodes that may be entered if the rest of the text satisfies an assertion. */
  readonly asserting: { readonly assertion: number; readonly to: number }[];
}

/** A nondeterministic automaton, built from the end to the beginning. */
class Nodes {
  readonly list: Node[] = [];
  readonly assertions: Assertion[] = [];
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(node: Partial<Node> = {}): number {
    this.list.push({ steps: [], free: [], atStart: [], atEnd: [], asserting: [], ...node });
    this.#budget.checkStates(this.list.length, what);
    return this.list.length - 1;
  }

  /** The node at which a match of the regular expression begins that continues at `then`. */
  before(regex: Regex, then: number): number {
    switch (regex.type) {
      case 'chars':
        return this.add({ steps: [{ chars: regex.chars, to: then }] });
      case 'sequence':
        return regex.parts.reduceRight((next, part) => this.before(part, next), then);
      case 'choice':
        return this.add({ free: regex.options.map((option) => this.before(option, then)) });
      case 'repeat':
        return this.#repeat(regex, then);
      case 'edge':
        return this.add(regex.edge === 'start' ? { atStart: [then] } : { atEnd: [then] });
      case 'lookahead':
        this.assertions.push({ rest: matchAtStart(regex.part, this.#budget), negative: regex.negative });
        return this.add({ asserting: [{ assertion: this.assertions.length - 1, to: then }] });
    }
  }

  #repeat({ part, min, max }: Extract<Regex, { type: 'repeat' }>, then: number): number {
    let next = then;
    if (max === Infinity) {
      next = this.add({ free: [then] });
      this.list[next]?.free.push(this.before(part, next));
    } else {
      for (let count = min; count < max; count += 1) next = this.add({ free: [then, this.before(part, next)] });
    }
    for (let count = 0; count < min; count += 1) next = this.before(part, next);
    return next;
  }
}

/** The nodes at which a text may be, and the assertions that its rest then has to satisfy. */
interface Thread {
  readonly node: number;
  readonly pending: readonly { readonly assertion: number; readonly state: number }[];
}

/** All threads of a text, by key. */
interface Position {
  readonly threads: ReadonlyMap<string, Thread>;
  readonly isStart: boolean;
}

function match(regex: Regex, budget: Budget): Automaton {
  const nodes = new Nodes(budget);
  const accept = nodes.add();
  const found = nodes.before(regex, nodes.add({ free: [accept] }));
  // Anything may come before a match, and after it unless it ended with `$`.
  const start = nodes.add({ free: [found] });
  nodes.list[start]?.steps.push({ chars: allChars, to: start });
  const search = new Search(nodes, budget);
  const first = search.reached([{ node: start, pending: [] }], { start: true, end: false });
  const isMatch = (threads: ReadonlyMap<string, Thread>): boolean =>
    threads.has(keyOfThread({ node: accept, pending: [] }));
  if (isMatch(first)) return everything;
  const matched: Position = { threads: new Map([['', { node: accept, pending: [] }]]), isStart: false };
  return explore<Position>(
    {
      start: { threads: first, isStart: true },
      key: ({ threads, isStart }) => `${String(isStart)} ${[...threads.keys()].sort().join(';')}`,
      accepts: (position) => position === matched || search.canEnd(position.threads.values(), position.isStart, accept),
      steps: (position) => {
        if (position === matched) return [{ chars: allChars, to: matched }];
        return search.steps(position.threads).map(({ chars, to }) => {
          const threads = search.reached(to, { start: false, end: false });
          return { chars, to: isMatch(threads) ? matched : { threads: search.kept(threads), isStart: false } };
        });
      },
    },
    budget,
    what,
  );
}

class Search {
  readonly #nodes: Nodes;
  readonly #budget: Budget;

  constructor(nodes: Nodes, budget: Budget) {
    this.#nodes = nodes;
    this.#budget = budget;
  }

  /** All threads that can be reached without reading a character. */
  reached(from: readonly Thread[], edges: { start: boolean; end: boolean }): ReadonlyMap<string, Thread> {
    const reached = new Map<string, Thread>();
    const open = [...from];
    for (let thread = open.pop(); thread !== undefined; thread = open.pop()) {
      const { node: index, pending } = thread;
      const node = this.#nodes.list[index];
      const key = keyOfThread(thread);
      if (reached.has(key) || node === undefined) continue;
      reached.set(key, thread);
      const next = [...node.free, ...(edges.start ? node.atStart : []), ...(edges.end ? node.atEnd : [])];
      open.push(...next.map((to) => ({ node: to, pending })));
      for (const { assertion, to } of node.asserting) {
        const rest = this.#nodes.assertions[assertion]?.rest ?? [];
        const later = this.#settled([...pending, { assertion, state: startOf(rest) }]);
        if (later !== null) open.push({ node: to, pending: later });
      }
    }
    this.#budget.spend(reached.size);
    return reached;
  }

  /** Threads that can continue: the others only lead to these. */
  kept(threads: ReadonlyMap<string, Thread>): ReadonlyMap<string, Thread> {
    return new Map(
      [...threads].filter(([, { node, pending }]) => {
        const { steps = [], atEnd = [] } = this.#nodes.list[node] ?? {};
        return steps.length > 0 || atEnd.length > 0 || pending.length > 0;
      }),
    );
  }

  /** Whether the text may end where these threads are. */
  canEnd(threads: Iterable<Thread>, isStart: boolean, accept: number): boolean {
    const reached = this.reached([...threads], { start: isStart, end: true });
    return [...reached.values()].some(
      ({ node, pending }) =>
        node === accept &&
        pending.every(({ assertion, state }) => {
          const { rest = [], negative = false } = this.#nodes.assertions[assertion] ?? {};
          return acceptsAt(rest, state) !== negative;
        }),
    );
  }

  /** The threads after each character, before what can be reached from them. */
  steps(threads: ReadonlyMap<string, Thread>): readonly { readonly chars: CharSet; readonly to: readonly Thread[] }[] {
    const ways = [...threads.values()].flatMap(({ node, pending }) =>
      (this.#nodes.list[node]?.steps ?? []).map(({ chars, to }) => ({ chars, to, pending })),
    );
    const ends = [...threads.values()].filter(({ node, pending }) => node === 0 && pending.length > 0);
    for (const { node, pending } of ends) ways.push({ chars: allChars, to: node, pending });
    // While assertions are pending, their automata distinguish characters, too.
    const sets = ways.flatMap(({ pending }) =>
      pending.flatMap(({ assertion, state }) =>
        (this.#nodes.assertions[assertion]?.rest[state]?.transitions ?? []).map(({ chars }) => chars),
      ),
    );
    return partition([...ways.map(({ chars }) => chars), ...sets]).flatMap(({ chars, members }) => {
      const to = members.flatMap((member): readonly Thread[] => {
        const way = ways[member];
        const pending = way === undefined ? null : this.#after(way.pending, chars[0] ?? 0);
        return way === undefined || pending === null ? [] : [{ node: way.to, pending }];
      });
      return to.length === 0 ? [] : [{ chars, to }];
    });
  }

  #after(pending: Thread['pending'], codePoint: number): Thread['pending'] | null {
    if (pending.length === 0) return pending;
    return this.#settled(
      pending.map(({ assertion, state }) => ({
        assertion,
        state: stateAfter(this.#nodes.assertions[assertion]?.rest ?? [], state, codePoint),
      })),
    );
  }

  /** Without assertions that are satisfied by any continuation; null if one can no longer be satisfied. */
  #settled(pending: Thread['pending']): Thread['pending'] | null {
    const open: { readonly assertion: number; readonly state: number }[] = [];
    for (const each of pending) {
      const { rest = [], negative = false } = this.#nodes.assertions[each.assertion] ?? {};
      const isTrue = isEverythingAt(rest, each.state);
      if (!isTrue && each.state !== dead) open.push(each);
      else if (isTrue === negative) return null;
    }
    return open.sort((a, b) => a.assertion - b.assertion || a.state - b.state);
  }
}

function keyOfThread({ node, pending }: Thread): string {
  return pending.length === 0
    ? String(node)
    : `${node}:${pending.map((each) => `${each.assertion}/${each.state}`).join()}`;
}
