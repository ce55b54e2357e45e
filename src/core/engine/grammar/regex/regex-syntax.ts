import { type CharSet, charSet, charsOf, complement, singleChar, union, unionOf } from '../char-set.js';
import type { Budget } from '../limits.js';
import { RegexProblem } from './regex-problem.js';
import { propertyChars } from './unicode-properties.js';

/** A regular expression, parsed. */
export type Regex =
  | { readonly type: 'chars'; readonly chars: CharSet }
  | { readonly type: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly type: 'choice'; readonly options: readonly Regex[] }
  | { readonly type: 'repeat'; readonly part: Regex; readonly min: number; readonly max: number }
  /** `^` and `$`. */
  | { readonly type: 'edge'; readonly edge: 'start' | 'end' }
  /** `(?=…)` and `(?!…)`. */
  | { readonly type: 'lookahead'; readonly part: Regex; readonly negative: boolean };

const digits = charSet([0x30, 0x39]);
const word = union(digits, charSet([0x41, 0x5a], [0x61, 0x7a]), charsOf('_'));
const space = union(charsOf('\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff'), charSet([0x2000, 0x200a]));
const lineEnds = charsOf('\n\r\u2028\u2029');

const classEscapes: ReadonlyMap<string, CharSet> = new Map([
  ['d', digits],
  ['D', complement(digits)],
  ['w', word],
  ['W', complement(word)],
  ['s', space],
  ['S', complement(space)],
]);

const controlEscapes: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['0', '\0'],
]);

/** Deepest nesting of groups. */
const deepest = 64;

/**
 * Parses a regular expression in the syntax of ECMAScript, read as with the flag `u`, except that any punctuation may be
 * escaped. Not supported: `\b`, `\B`, lookbehind, references to groups, flags in groups.
 *
 * @throws RegexProblem
 */
export function parseRegex(source: string, budget: Budget): Regex {
  return new Parser(source, budget).parse();
}

class Parser {
  readonly #chars: readonly string[];
  readonly #budget: Budget;
  #position = 0;
  #depth = 0;

  constructor(source: string, budget: Budget) {
    this.#chars = Array.from(source);
    this.#budget = budget;
  }

  parse(): Regex {
    const regex = this.#choice();
    if (this.#position < this.#chars.length) throw new RegexProblem('it has a ")" without a "("');
    return regex;
  }

  #choice(): Regex {
    this.#depth += 1;
    if (this.#depth > deepest) throw new RegexProblem(`its groups are nested more than ${deepest} deep`);
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#depth -= 1;
    const [only] = options;
    return only !== undefined && options.length === 1 ? only : { type: 'choice', options };
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#quantified(this.#atom()));
    }
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { type: 'sequence', parts };
  }

  #quantified(part: Regex): Regex {
    const range = this.#quantifier();
    if (range === null) return part;
    // Laziness changes which match is found, but not whether there is one.
    this.#take('?');
    if (part.type === 'edge' || part.type === 'lookahead') throw new RegexProblem('it repeats an assertion');
    if (this.#quantifier() !== null) throw new RegexProblem('it has two quantifiers in a row');
    return { type: 'repeat', part, ...range };
  }

  #quantifier(): { min: number; max: number } | null {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (this.#peek() !== '{') return null;
    const rest = this.#chars.slice(this.#position, this.#position + 24).join('');
    const match = /^\{(\d+)(,(\d*))?\}/.exec(rest);
    if (match === null) return null;
    const [text, least = '', comma, most = ''] = match;
    this.#position += text.length;
    const min = Number(least);
    const max = comma === undefined ? min : most === '' ? Infinity : Number(most);
    if (max < min) throw new RegexProblem(`the counts of ${text} are out of order`);
    return { min, max };
  }

  #atom(): Regex {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return { type: 'chars', chars: this.#charClass() };
      case '.':
        return { type: 'chars', chars: complement(lineEnds) };
      case '^':
        return { type: 'edge', edge: 'start' };
      case '$':
        return { type: 'edge', edge: 'end' };
      case '*':
      case '+':
      case '?':
        throw new RegexProblem(`nothing comes before "${char}"`);
      case '\\':
        return this.#escape();
      default:
        return literal(char);
    }
  }

  #group(): Regex {
    const kind = this.#groupKind();
    const part = this.#choice();
    if (!this.#take(')')) throw new RegexProblem('a group is not closed');
    return kind === 'group' ? part : { type: 'lookahead', part, negative: kind === 'negative' };
  }

  #groupKind(): 'group' | 'positive' | 'negative' {
    if (!this.#take('?')) return 'group';
    if (this.#take(':')) return 'group';
    if (this.#take('=')) return 'positive';
    if (this.#take('!')) return 'negative';
    this.#take('P');
    if (this.#take('<') && this.#peek() !== '=' && this.#peek() !== '!') {
      while (this.#next() !== '>');
      return 'group';
    }
    throw new RegexProblem('only groups (…), (?:…), (?<name>…), (?=…) and (?!…) are supported');
  }

  #escape(): Regex {
    const char = this.#peek();
    if (char === 'b' || char === 'B') throw unsupportedEscape(char);
    const chars = this.#escapedClass();
    return { type: 'chars', chars: chars ?? singleChar(this.#escapedChar()) };
  }

  /** The class of an escape, after the backslash; null if it is not one. */
  #escapedClass(): CharSet | null {
    const set = classEscapes.get(this.#peek() ?? '');
    if (set !== undefined) {
      this.#next();
      return set;
    }
    const negated = this.#take('P');
    if (!negated && !this.#take('p')) return null;
    if (!this.#take('{')) throw new RegexProblem(String.raw`"\p" comes without a "{"`);
    const property = this.#until('}');
    const chars = propertyChars(property, this.#budget);
    return negated ? complement(chars) : chars;
  }

  #until(end: string): string {
    let text = '';
    for (let char = this.#next(); char !== end; char = this.#next()) text += char;
    return text;
  }

  /** The character of an escape, after the backslash. */
  #escapedChar(): number {
    const char = this.#next();
    const control = controlEscapes.get(char);
    if (char === '0' && /[0-9]/.test(this.#peek() ?? '')) throw new RegexProblem('octal escapes are not supported');
    if (control !== undefined) return control.charCodeAt(0);
    switch (char) {
      case 'x':
        return this.#hex(2);
      case 'u':
        return this.#unicode();
      case 'c':
        return (this.#next().codePointAt(0) ?? 0) % 32;
    }
    if (/[1-9]|k/.test(char)) throw new RegexProblem('references to groups are not supported');
    if (/[A-Za-z]/.test(char)) throw unsupportedEscape(char);
    return char.codePointAt(0) ?? 0;
  }

  #unicode(): number {
    if (this.#take('{')) {
      const text = this.#until('}');
      if (!/^[0-9a-f]{1,6}$/i.test(text)) throw new RegexProblem(`"${text}" is not a code point`);
      return Number.parseInt(text, 16);
    }
    const first = this.#hex(4);
    const isHigh = first >= 0xd800 && first <= 0xdbff;
    if (!isHigh || this.#chars.slice(this.#position, this.#position + 2).join('') !== String.raw`\u`) return first;
    this.#position += 2;
    const second = this.#hex(4);
    return 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00);
  }

  #hex(length: number): number {
    const text = this.#chars.slice(this.#position, this.#position + length).join('');
    if (text.length !== length || !/^[0-9a-f]+$/i.test(text)) throw new RegexProblem(`"${text}" is not hexadecimal`);
    this.#position += length;
    return Number.parseInt(text, 16);
  }

  #charClass(): CharSet {
    const negated = this.#take('^');
    const sets: CharSet[] = [];
    while (!this.#take(']')) {
      const first = this.#classAtom();
      const isRange = this.#peek() === '-' && this.#chars[this.#position + 1] !== ']';
      if (!isRange || typeof first !== 'number') {
        sets.push(typeof first === 'number' ? singleChar(first) : first);
        continue;
      }
      this.#next();
      const last = this.#classAtom();
      if (typeof last !== 'number') throw new RegexProblem('a range of characters ends in a class');
      if (last < first) throw new RegexProblem('a range of characters is out of order');
      sets.push([first, last]);
    }
    const set = unionOf(sets);
    return negated ? complement(set) : set;
  }

  #classAtom(): number | CharSet {
    const char = this.#next();
    if (char !== '\\') return char.codePointAt(0) ?? 0;
    const set = this.#escapedClass();
    if (set !== null) return set;
    if (this.#take('b')) return 8;
    return this.#escapedChar();
  }

  #peek(): string | undefined {
    return this.#chars[this.#position];
  }

  #next(): string {
    const char = this.#peek();
    if (char === undefined) throw new RegexProblem('it ends too early');
    this.#position += 1;
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#position += 1;
    return true;
  }
}

function literal(char: string): Regex {
  return { type: 'chars', chars: singleChar(char.codePointAt(0) ?? 0) };
}

function unsupportedEscape(char: string): RegexProblem {
  return new RegexProblem(`"\\${char}" is not supported`);
}
