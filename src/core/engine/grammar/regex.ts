import { type Automaton, everything, explore, intersectionOf, without } from './automaton.js';
import { allChars, type CharSet, partition } from './char-set.js';
import type { Budget } from './limits.js';
import { parseRegex, type Regex, RegexProblem } from './regex-syntax.js';

const what = 'its pattern';

/**
 * The texts in which a regular expression finds a match, as an automaton. A lookahead is supported at the beginning of
 * the whole expression, after its `^`, where it is an intersection or a difference.
 *
 * @throws RegexProblem for what is wrong or not supported
 * @throws ChatstreamError `grammar_too_complex`
 */
export function regexAutomaton(source: string, budget: Budget): Automaton {
  return searching(parseRegex(source), budget);
}

function searching(regex: Regex, budget: Budget): Automaton {
  const parts = flat(regex);
  const begin = parts.findIndex(({ type }) => type !== 'edge' && type !== 'lookahead');
  const assertions = parts.slice(0, begin === -1 ? parts.length : begin);
  const start = assertions[0];
  const lookaheads = assertions.filter((part) => part.type === 'lookahead');
  if (start?.type !== 'edge' || start.edge !== 'start' || lookaheads.length === 0) return match(regex, budget);
  const after = (part: Regex): Automaton => match({ type: 'sequence', parts: [start, part] }, budget);
  const rest = match(
    { type: 'sequence', parts: parts.filter((part) => !lookaheads.some((each) => each === part)) },
    budget,
  );
  const required = lookaheads.filter(({ negative }) => !negative).map(({ part }) => after(part));
  const forbidden = lookaheads.filter(({ negative }) => negative).map(({ part }) => after(part));
  return without(intersectionOf([rest, ...required], budget, what), forbidden, budget, what);
}

/** The parts of nested sequences. */
function flat(regex: Regex): readonly Regex[] {
  return regex.type === 'sequence' ? regex.parts.flatMap(flat) : [regex];
}

interface Node {
  readonly steps: { readonly chars: CharSet; readonly to: number }[];
  readonly free: number[];
  /** Next nodes that may be entered only at the start of the text, or only at its end. */
  readonly atStart: number[];
  readonly atEnd: number[];
}

/** A nondeterministic automaton, built from the end to the beginning. */
class Nodes {
  readonly list: Node[] = [];
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(node: Partial<Node> = {}): number {
    this.list.push({ steps: [], free: [], atStart: [], atEnd: [], ...node });
    this.#budget.checkStates(this.list.length, what);
    return this.list.length - 1;
  }

  /** The node at which a match of the regular expression begins that goes on at `then`. */
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
        throw new RegexProblem('lookahead is supported only at the beginning, after "^"');
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

/** Where a text may be in the nodes. */
interface Position {
  readonly nodes: readonly number[];
  readonly isStart: boolean;
}

function match(regex: Regex, budget: Budget): Automaton {
  const nodes = new Nodes(budget);
  const accept = nodes.add();
  const found = nodes.before(regex, nodes.add({ free: [accept] }));
  // Anything may come before a match, and after it unless it ended with `$`.
  const start = nodes.add({ free: [found] });
  nodes.list[start]?.steps.push({ chars: allChars, to: start });
  const sets = new Map<string, ReadonlySet<number>>();

  /** All nodes that can be reached without a character. */
  const closure = (from: readonly number[], edges: { start: boolean; end: boolean }): ReadonlySet<number> => {
    const reached = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const node = nodes.list[index];
      if (reached.has(index) || node === undefined) continue;
      reached.add(index);
      open.push(...node.free, ...(edges.start ? node.atStart : []), ...(edges.end ? node.atEnd : []));
    }
    budget.spend(reached.size);
    return reached;
  };

  const matched: Position = { nodes: [accept], isStart: false };
  if (closure([start], { start: true, end: false }).has(accept)) return everything;
  return explore<Position>(
    {
      start: { nodes: [start], isStart: true },
      key: (position) => `${String(position.isStart)} ${position.nodes.join()}`,
      accepts: (position) =>
        position.nodes.includes(accept) || closure(position.nodes, { start: position.isStart, end: true }).has(accept),
      steps: (position) => {
        if (position.nodes.includes(accept)) return [{ chars: allChars, to: position }];
        const steps = [...closure(position.nodes, { start: position.isStart, end: false })].flatMap(
          (index) => nodes.list[index]?.steps ?? [],
        );
        return partition(steps.map(({ chars }) => chars)).map(({ chars, members }) => {
          const targets = [...new Set(members.map((member) => steps[member]?.to ?? start))].sort((a, b) => a - b);
          const key = targets.join();
          const reached = sets.get(key) ?? closure(targets, { start: false, end: false });
          sets.set(key, reached);
          return { chars, to: reached.has(accept) ? matched : { nodes: [...kept(reached)], isStart: false } };
        });
      },
    },
    budget,
    what,
  );

  function* kept(reached: ReadonlySet<number>): Generator<number> {
    for (const index of [...reached].sort((a, b) => a - b)) {
      const node = nodes.list[index];
      if (node !== undefined && (node.steps.length > 0 || node.atEnd.length > 0)) yield index;
    }
  }
}
