import { allChars, type CharSet, charSet, complement, unionOf } from './char-set.js';
import type { Alternatives, GrammarBuilder, RuleItem, Sequence } from './rules.js';

/** An error in a grammar, or something that is not supported. */
export class GbnfProblem extends Error {}

/** Deepest nesting of groups. */
const deepest = 64;

/** Number of hexadecimal digits of an escape. */
const hexEscapes: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

const charEscapes: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['r', '\r'],
  ['n', '\n'],
]);

/**
 * Reads a grammar in llama.cpp's notation, GBNF. Not supported: rules for whole tokens (`<…>`).
 *
 * @returns the rule `root`
 * @throws GbnfProblem
 */
export function parseGbnf(source: string, builder: GrammarBuilder): RuleItem {
  return new Parser(source, builder).parse();
}

class Parser {
  readonly #source: string;
  readonly #builder: GrammarBuilder;
  readonly #rules = new Map<string, RuleItem>();
  readonly #defined = new Set<string>();
  #position = 0;
  #depth = 0;

  constructor(source: string, builder: GrammarBuilder) {
    this.#source = source;
    this.#builder = builder;
  }

  parse(): RuleItem {
    this.#skip(true);
    while (this.#position < this.#source.length) {
      this.#rule();
      this.#skip(true);
    }
    const root = this.#rules.get('root');
    if (root === undefined || !this.#defined.has('root')) throw new GbnfProblem('it has no rule "root"');
    const missing = [...this.#rules.keys()].find((name) => !this.#defined.has(name));
    if (missing !== undefined) throw new GbnfProblem(`the rule "${missing}" is not defined`);
    return root;
  }

  #rule(): void {
    const name = this.#match(/[\w-]+/y) ?? this.#fail('the name of a rule');
    this.#skip(false);
    if (this.#match(/::=/y) === null) this.#fail('"::="');
    this.#skip(true);
    if (this.#defined.has(name)) throw new GbnfProblem(`the rule "${name}" is defined twice`);
    this.#defined.add(name);
    this.#builder.define(this.#ruleNamed(name), this.#alternatives(false));
    if (this.#position < this.#source.length && this.#match(/\r?\n/y) === null) this.#fail('the end of the line');
  }

  #alternatives(nested: boolean): Alternatives {
    this.#depth += 1;
    if (this.#depth > deepest) throw new GbnfProblem(`its groups are nested more than ${deepest} deep`);
    const alternatives = [this.#sequence(nested)];
    while (this.#match(/\|/y) !== null) {
      this.#skip(true);
      alternatives.push(this.#sequence(nested));
    }
    this.#depth -= 1;
    return alternatives;
  }

  #sequence(nested: boolean): Sequence {
    const items: Sequence[] = [];
    for (;;) {
      const symbol = this.#symbol();
      if (symbol === null) return items.flat();
      this.#skip(nested);
      items.push(this.#repeated(symbol));
      this.#skip(nested);
    }
  }

  #repeated(symbol: Sequence): Sequence {
    const range = this.#match(/[*+?]|\{\d+(?:,\d*)?\}/y);
    if (range === null) return symbol;
    const [least, most] = rangeOf(range);
    if (most < least) throw new GbnfProblem(`the counts of ${range} are out of order`);
    return this.#builder.repeat(symbol, least, most);
  }

  #symbol(): Sequence | null {
    const literal = this.#match(/"(?:[^"\\]|\\.)*"/suy);
    if (literal !== null) return charsIn(literal.slice(1, -1)).map((point) => this.#builder.char(point));
    const set = this.#match(/\[\^?(?:[^\]\\]|\\.)*\]/suy);
    if (set !== null) return [this.#builder.chars(classOf(set.slice(1, -1)))];
    if (this.#match(/\./y) !== null) return [this.#builder.chars(allChars)];
    if (this.#match(/\(/y) !== null) {
      this.#skip(true);
      const group = this.#builder.rule(this.#alternatives(true));
      if (this.#match(/\)/y) === null) this.#fail('")"');
      return [group];
    }
    const name = this.#match(/[\w-]+/y);
    return name === null ? null : [this.#ruleNamed(name)];
  }

  #ruleNamed(name: string): RuleItem {
    const known = this.#rules.get(name);
    if (known !== undefined) return known;
    const rule = this.#builder.reserve();
    this.#rules.set(name, rule);
    return rule;
  }

  /** Skips spaces, comments, and line ends where these do not end the rule. */
  #skip(lines: boolean): void {
    this.#match(lines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y);
  }

  #match(pattern: RegExp): string | null {
    this.#builder.budget.spend();
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#source)?.[0] ?? null;
    if (found !== null) this.#position += found.length;
    return found;
  }

  #fail(expected: string): never {
    const line = this.#source.slice(0, this.#position).split('\n').length;
    throw new GbnfProblem(`${expected} is missing in line ${line}`);
  }
}

function rangeOf(quantifier: string): readonly [least: number, most: number] {
  switch (quantifier) {
    case '*':
      return [0, Infinity];
    case '+':
      return [1, Infinity];
    case '?':
      return [0, 1];
  }
  const [least = '', most] = quantifier.slice(1, -1).split(',');
  return [Number(least), most === undefined ? Number(least) : most === '' ? Infinity : Number(most)];
}

function classOf(text: string): CharSet {
  const negated = text.startsWith('^');
  const points = charsIn(negated ? text.slice(1) : text, true);
  const sets: CharSet[] = [];
  for (let index = 0; index < points.length; index += 1) {
    const [first = 0, dash, last] = points.slice(index, index + 3);
    if (dash !== rangeDash || last === undefined) {
      const point = first === rangeDash ? 0x2d : first;
      sets.push(charSet([point, point]));
      continue;
    }
    const end = last === rangeDash ? 0x2d : last;
    if (end < first) throw new GbnfProblem(`a range of characters in "[${text}]" is out of order`);
    sets.push(charSet([first, end]));
    index += 2;
  }
  const set = unionOf(sets);
  if (set.length === 0 && !negated) throw new GbnfProblem(`no character is in "[${text}]"`);
  return negated ? complement(set) : set;
}

/** Stands for a "-" that is not escaped. */
const rangeDash = -1;

/** The code points of a text with escapes. */
function charsIn(text: string, inClass = false): number[] {
  const points: number[] = [];
  for (const [part] of text.matchAll(/\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|./gsu)) {
    const point = inClass && part === '-' ? rangeDash : charOf(part);
    // In a class, they are left out with all others.
    if (!inClass && point >= 0xd800 && point <= 0xdfff) throw new GbnfProblem('it contains half of a character');
    points.push(point);
  }
  return points;
}

function charOf(part: string): number {
  const [first = '', kind] = part;
  if (first !== '\\' || kind === undefined) return part.codePointAt(0) ?? 0;
  const control = charEscapes.get(kind);
  if (control !== undefined) return control.charCodeAt(0);
  if (hexEscapes.get(kind) === part.length - 2) {
    const point = Number.parseInt(part.slice(2), 16);
    if (point > 0x10ffff) throw new GbnfProblem(`the escape "${part}" is not a character`);
    return point;
  }
  if (!'\\"[]-'.includes(kind)) throw new GbnfProblem(`the escape "\\${kind}" is unknown`);
  return kind.charCodeAt(0);
}
