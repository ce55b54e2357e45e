import { acceptsAt, type Automaton, dead, jointSteps, startOf } from '../../grammar/automaton.js';
import { codePoints, partition, singleChar } from '../../grammar/char-set.js';
import type { JsonRules } from '../../grammar/json-rules.js';
import type { Alternatives, RuleItem, Sequence } from '../../grammar/rules.js';
import type { Step } from '../../grammar/text-rules.js';

/** A property that the schema names. */
export interface NamedProperty {
  readonly name: string;
  readonly required: boolean;
  readonly value: Sequence;
}

/** Properties whose names are only described. */
export interface FreeProperties {
  /** Disjoint from those of the others. The named properties are left out by {@link ObjectRules}. */
  readonly names: Automaton;
  readonly value: Sequence;
}

/** What an object may contain: named properties in their order, each once, then others. */
export interface ObjectShape {
  readonly named: readonly NamedProperty[];
  readonly free: readonly FreeProperties[];
  /** Least number of properties. At most one of them may have to be free: free properties may repeat a name. */
  readonly min: number;
  /** Infinity without a limit. */
  readonly max: number;
}

/** Names by their code points. Shares its structure with the trie to which a name was added. */
interface Trie {
  readonly id: number;
  readonly children: ReadonlyMap<number, Trie>;
  /** Index of the named property that ends here. */
  readonly property: number | null;
}

/** Where the text of a key is. */
interface KeyState {
  /** Position in the names that may come next; null outside them. */
  readonly next: Trie | null;
  /** Position in all names, which free properties must not have; null outside them. */
  readonly named: Trie | null;
  /** Position in the names of the free properties; empty if none may follow. */
  readonly free: readonly number[];
  /** Number of properties before this one, as far as it matters. */
  readonly count: number;
}

/**
 * Makes the rules of one object. After each property, the rule for the rest depends on which properties may still
 * follow. The rule for the next key is one trie of their names, so that the key alone decides which property it is.
 */
export class ObjectRules {
  readonly #json: JsonRules;
  readonly #shape: ObjectShape;
  /** The names that may come next, by the number of properties that are done. */
  readonly #next: readonly Trie[];
  readonly #all: Trie;
  readonly #lastRequired: number;
  readonly #keys = new Map<string, RuleItem>();
  readonly #rests = new Map<string, RuleItem>();
  /** Definitions that are still to be made: each may need others. */
  readonly #open: (() => void)[] = [];
  #tries = 0;

  constructor(json: JsonRules, shape: ObjectShape) {
    this.#json = json;
    this.#shape = shape;
    this.#lastRequired = shape.named.findLastIndex(({ required }) => required);
    let trie = this.#trie();
    const next = [trie];
    for (const [index, { name, required }] of [...shape.named.entries()].reverse()) {
      trie = this.#with(required ? this.#trie() : trie, codePoints(name), index);
      next.push(trie);
    }
    this.#next = next.reverse();
    this.#all = shape.named.reduce((all, { name }, index) => this.#with(all, codePoints(name), index), this.#trie());
  }

  /** The rule of the whole object. */
  rule(): RuleItem {
    const { builder, gap } = this.#json;
    const { named, free, min, max } = this.#shape;
    const [only] = free;
    const isMap = named.length === 0 && free.length <= 1;
    if (isMap && only !== undefined) return this.#json.map(this.#freeKey(only), only.value, min, max);
    const object = builder.rule([[...builder.literal('{'), gap, this.#afterGap()]]);
    for (let define = this.#open.pop(); define !== undefined; define = this.#open.pop()) define();
    return object;
  }

  #afterGap(): RuleItem {
    const { builder } = this.#json;
    const start = builder.reserve();
    builder.define(start, [
      ...(this.#shape.max > 0 ? [[...this.#json.keyBegin, this.#keyFrom(0, 0)]] : []),
      ...(this.#mayEnd(0, 0) ? [builder.literal('}')] : []),
    ]);
    return start;
  }

  /** What comes after a property. */
  #rest(done: number, count: number): RuleItem {
    const { builder, comma, gap, keyBegin } = this.#json;
    const key = `${done} ${count}`;
    const known = this.#rests.get(key);
    if (known !== undefined) return known;
    const rest = builder.reserve();
    this.#rests.set(key, rest);
    this.#open.push(() => {
      const more = count < this.#shape.max && (done < this.#shape.named.length || this.#shape.free.length > 0);
      builder.define(rest, [
        ...(more ? [[...comma, ...keyBegin, this.#keyFrom(done, count)]] : []),
        ...(this.#mayEnd(done, count) ? [[gap, ...builder.literal('}')]] : []),
      ]);
    });
    return rest;
  }

  #mayEnd(done: number, count: number): boolean {
    return count >= this.#shape.min && this.#hasRequired(done);
  }

  /** Whether all required properties are done. */
  #hasRequired(done: number): boolean {
    return done > this.#lastRequired;
  }

  #keyFrom(done: number, count: number): RuleItem {
    const mayBeFree = this.#hasRequired(done);
    return this.#key({
      next: this.#next[done] ?? null,
      named: this.#all,
      free: mayBeFree ? this.#shape.free.map(({ names }) => startOf(names)) : [],
      count,
    });
  }

  /** The rest of a key, and of the object. */
  #key(state: KeyState): RuleItem {
    const { builder } = this.#json;
    const isFree = state.free.some((each) => each !== dead);
    const named = isFree ? (state.named?.id ?? '') : '';
    const key = [state.next?.id ?? '', named, isFree ? state.free.join() : '', state.count].join(' ');
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const rule = builder.reserve();
    this.#keys.set(key, rule);
    this.#open.push(() => {
      builder.define(rule, this.#alternatives({ ...state, free: isFree ? state.free : [] }));
    });
    return rule;
  }

  #alternatives(state: KeyState): Alternatives {
    const { free } = this.#shape;
    const ways: { readonly chars: readonly number[]; readonly next?: Trie; readonly free?: readonly number[] }[] = [];
    for (const [point, next] of state.next?.children ?? []) ways.push({ chars: singleChar(point), next });
    if (state.free.length > 0) {
      const automata = free.map(({ names }) => names);
      for (const { chars, to } of jointSteps(automata, state.free)) ways.push({ chars, free: to });
      // Names are distinguished from others character by character.
      for (const point of state.named?.children.keys() ?? []) ways.push({ chars: singleChar(point) });
    }
    this.#json.builder.budget.spend(ways.reduce((sum, { chars }) => sum + chars.length, 0));
    const steps: Step[] = [];
    for (const { chars, members } of partition(ways.map((way) => way.chars))) {
      const found = members.flatMap((member) => ways[member] ?? []);
      const next = found.find((way) => way.next !== undefined)?.next ?? null;
      const others = found.find((way) => way.free !== undefined)?.free ?? [];
      if (next === null && others.length === 0) continue;
      const named = state.named?.children.get(chars[0] ?? 0) ?? null;
      steps.push({ chars, then: [this.#key({ next, named, free: others, count: state.count })] });
    }
    return [...this.#json.keySteps(steps), ...this.#ends(state)];
  }

  /** What follows if the key ends here. */
  #ends({ next, named, free, count }: KeyState): Alternatives {
    const shape = this.#shape;
    const counted = this.#counted(count + 1);
    const property = next?.property ?? null;
    const known = property === null ? undefined : shape.named[property];
    if (property !== null && known !== undefined) {
      return [[...this.#value(known.value), this.#rest(property + 1, counted)]];
    }
    if (named !== null && named.property !== null) return [];
    const index = free.findIndex((state, which) => acceptsAt(shape.free[which]?.names ?? [], state));
    const other = shape.free[index];
    if (other === undefined) return [];
    return [[...this.#value(other.value), this.#rest(shape.named.length, counted)]];
  }

  #value(value: Sequence): Sequence {
    return [...this.#json.keyEnd, ...value];
  }

  /** Only counts as far as it matters. */
  #counted(count: number): number {
    const { min, max } = this.#shape;
    return Math.min(count, max === Infinity ? min : max);
  }

  #freeKey({ names }: FreeProperties): Sequence {
    return this.#json.keyOf(names);
  }

  #trie(children: ReadonlyMap<number, Trie> = new Map(), property: number | null = null): Trie {
    this.#tries += 1;
    return { id: this.#tries, children, property };
  }

  #with(trie: Trie, points: readonly number[], property: number): Trie {
    this.#json.builder.budget.spend(points.length);
    const path: (Trie | undefined)[] = [trie];
    for (const point of points) path.push(path.at(-1)?.children.get(point));
    const last = path.pop();
    let changed = this.#trie(last?.children, property);
    for (const point of points.toReversed()) {
      const node = path.pop();
      changed = this.#trie(new Map([...(node?.children ?? []), [point, changed]]), node?.property ?? null);
    }
    return changed;
  }
}
