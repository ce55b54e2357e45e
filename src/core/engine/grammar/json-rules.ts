import { type Automaton, everything, isEverything } from './automaton.js';
import {
  type CharSet,
  charSet,
  charsOf,
  complement,
  contains,
  difference,
  intersection,
  rangesOf,
} from './char-set.js';
import type { Alternatives, GrammarBuilder, RuleItem, Sequence } from './rules.js';
import { type Step, textRules } from './text-rules.js';

/** What a JSON string may contain without an escape. */
const unescaped = charSet([0x20, 0x21], [0x23, 0x5b], [0x5d, 0x10ffff]);

/** The letters after the backslash of short escapes. */
const shortEscapes = [
  { char: 0x22, letter: '"' },
  { char: 0x5c, letter: '\\' },
  { char: 0x08, letter: 'b' },
  { char: 0x0c, letter: 'f' },
  { char: 0x0a, letter: 'n' },
  { char: 0x0d, letter: 'r' },
  { char: 0x09, letter: 't' },
] as const;

const shortEscaped = charSet(...shortEscapes.map(({ char }) => [char, char] as const));

/** Other control characters, by all but the last of their digits. */
const longEscapes = [
  { prefix: 'u000', block: difference(charSet([0, 0xf]), shortEscaped) },
  { prefix: 'u001', block: charSet([0x10, 0x1f]) },
] as const;

/** What a JSON string may contain only with an escape. */
const escapable = complement(unescaped);

const hexDigits = charsOf('0123456789abcdefABCDEF');

/** The widest indentation, in spaces or tabs: without a limit, a model can write spaces forever. */
const widestIndent = { spaces: 40, tabs: 10 } as const;

/** The rules that all JSON formats share. Notations that are similar to JSON extend them. */
export class JsonRules {
  readonly builder: GrammarBuilder;
  readonly #automata = new Map<Automaton, RuleItem>();
  #value: RuleItem | null = null;
  #object: RuleItem | null = null;

  constructor(builder: GrammarBuilder) {
    this.builder = builder;
  }

  /** After a colon: at most one space. */
  get space(): RuleItem {
    return this.builder.optional(this.builder.literal(' '));
  }

  /** Inside of brackets and after commas: nothing, a space, or a new line with its indentation. */
  get gap(): RuleItem {
    const { builder } = this;
    const indent = (char: string, most: number): Sequence => builder.repeat(builder.literal(char), 0, most);
    const spaces = indent(' ', widestIndent.spaces);
    const tabs = [...builder.literal('\t'), ...indent('\t', widestIndent.tabs - 1)];
    const newline = builder.literal('\n');
    return builder.rule([[], builder.literal(' '), [...newline, ...spaces], [...newline, ...tabs]]);
  }

  get comma(): Sequence {
    return [...this.builder.literal(','), this.gap];
  }

  /** The ways to write a string, a number, a boolean, or null. */
  textsOf(scalar: unknown): readonly string[] {
    return [JSON.stringify(scalar)];
  }

  /** Exactly this string, number, boolean, or null, in a single form, so that texts can be distinguished by it. */
  exactly(scalar: unknown): Sequence {
    return this.builder.literal(this.textsOf(scalar)[0] ?? '');
  }

  /** One of these strings, numbers, booleans, or null. */
  constants(...scalars: readonly unknown[]): Alternatives {
    return scalars.flatMap((scalar) => this.textsOf(scalar)).map((text) => this.builder.literal(text));
  }

  /** The key of a member, and the text between it and the value. */
  key(name: string): Sequence {
    return [...this.builder.literal(`${JSON.stringify(name)}:`), this.space];
  }

  /** A key that an automaton accepts. */
  keyOf(names: Automaton): Sequence {
    return isEverything(names) ? this.string() : this.stringOf(names);
  }

  /** The text before a key's own text. */
  get keyBegin(): Sequence {
    return this.builder.literal('"');
  }

  /** What comes between the text of a key and the value. */
  get keyEnd(): Sequence {
    return [...this.builder.literal('":'), this.space];
  }

  /** How steps between the states of a key are written. */
  keySteps(steps: readonly Step[]): Alternatives {
    return this.stringSteps(steps);
  }

  /** The order in which named properties are written. */
  ordered<T extends { readonly name: string }>(named: readonly T[]): readonly T[] {
    return named;
  }

  /** A string of `min` to `max` code points. */
  string(min = 0, max = Infinity): Sequence {
    const { builder } = this;
    const quote = builder.literal('"');
    return [builder.rule([[...quote, ...builder.repeat([this.#stringChar], min, max), ...quote]])];
  }

  /** One code point of a string, escaped in any way. */
  get #stringChar(): RuleItem {
    const { builder } = this;
    const hex = builder.chars(hexDigits);
    const u = builder.literal('u');
    const d = builder.chars(charsOf('dD'));
    const escape = builder.rule([
      [builder.chars(charsOf('"\\/bfnrt'))],
      [...u, builder.chars(difference(hexDigits, charsOf('dD'))), hex, hex, hex],
      [...u, d, builder.chars(charsOf('01234567')), hex, hex],
      // A pair of surrogates is one code point. A lone one is none.
      [
        ...[...u, d, builder.chars(charsOf('89abAB')), hex, hex],
        ...[...builder.literal('\\u'), d, builder.chars(charsOf('cdefCDEF')), hex, hex],
      ],
    ]);
    return builder.rule([[builder.chars(unescaped)], [...builder.literal('\\'), escape]]);
  }

  /** A string that an automaton accepts. Only escapes that are necessary are used. */
  stringOf(automaton: Automaton): Sequence {
    const known = this.#automata.get(automaton);
    if (known !== undefined) return [known];
    const quote = this.builder.literal('"');
    const body = textRules(this.builder, automaton, quote, (steps) => this.stringSteps(steps));
    const rule = this.builder.rule([[...quote, body]]);
    this.#automata.set(automaton, rule);
    return [rule];
  }

  /** A string whose text is written as it is. */
  quoted(text: RuleItem): Sequence {
    const quote = this.builder.literal('"');
    return [this.builder.rule([[...quote, text, ...quote]])];
  }

  /** How steps between the states of a string are written in JSON. */
  stringSteps(steps: readonly Step[]): Alternatives {
    const { builder } = this;
    const raw: Sequence[] = [];
    const escaped: Step[] = [];
    for (const { chars, then } of steps) {
      const plain = intersection(chars, unescaped);
      if (plain.length > 0) raw.push([builder.chars(plain), ...then]);
      const special = intersection(chars, escapable);
      if (special.length > 0) escaped.push({ chars: special, then });
    }
    const [only] = escaped;
    if (only === undefined) return raw;
    const backslash = builder.literal('\\');
    if (escaped.length === 1)
      return [...raw, [...backslash, builder.rule(this.#escapes(only.chars, [])), ...only.then]];
    const escapes = escaped.flatMap(({ chars, then }) => this.#escapes(chars, then));
    return [...raw, [...backslash, builder.rule(escapes)]];
  }

  /** What follows the backslash of the escapes that are necessary for these characters. */
  #escapes(chars: CharSet, then: Sequence): Alternatives {
    const { builder } = this;
    const escapes: Sequence[] = [];
    const letters = shortEscapes.filter(({ char }) => contains(chars, char)).map(({ letter }) => letter);
    if (letters.length > 0) escapes.push([builder.chars(charsOf(letters.join(''))), ...then]);
    for (const { prefix, block } of longEscapes) {
      const lastDigits = [...rangesOf(intersection(chars, block))]
        .map(([first, last]) => hexRange(first, last))
        .join('');
      if (lastDigits !== '') escapes.push([...builder.literal(prefix), builder.chars(charsOf(lastDigits)), ...then]);
    }
    return escapes;
  }

  /** Any JSON value. */
  get value(): RuleItem {
    if (this.#value !== null) return this.#value;
    const { builder } = this;
    const value = builder.reserve();
    this.#value = value;
    builder.define(value, [
      [this.object],
      [this.array([value], 0, Infinity)],
      this.string(),
      [this.number],
      ...this.constants(true, false, null),
    ]);
    return value;
  }

  /** Any JSON object. */
  get object(): RuleItem {
    if (this.#object !== null) return this.#object;
    const object = this.builder.reserve();
    this.#object = object;
    this.builder.define(object, [[this.map(this.keyOf(everything), [this.value], 0, Infinity)]]);
    return object;
  }

  /**
   * Any number that fits a double: up to 21 digits and 25 decimals, or one digit, decimals and an exponent of at most
   * 307. `JSON.stringify` writes numbers like that, except for those above 10^308.
   */
  get number(): RuleItem {
    const { builder } = this;
    const digit = builder.chars(charsOf('0123456789'));
    const nonZero = builder.chars(charsOf('123456789'));
    const zero = builder.literal('0');
    const decimals = (max: number): Sequence => [...builder.literal('.'), ...builder.repeat([digit], 1, max)];
    const exponent = builder.rule([
      [digit],
      [digit, digit],
      [builder.chars(charsOf('12')), digit, digit],
      [...builder.literal('30'), builder.chars(charsOf('01234567'))],
    ]);
    const power: Sequence = [
      builder.chars(charsOf('eE')),
      builder.rule([[], [builder.chars(charsOf('+-'))]]),
      exponent,
    ];
    const fraction = builder.rule([[], decimals(25)]);
    const magnitude = builder.rule([
      [...zero, fraction],
      [...zero, builder.optional(decimals(25)), ...power],
      [nonZero, builder.optional(decimals(25)), ...power],
      [nonZero, ...builder.repeat([digit], 0, 20), fraction],
    ]);
    return builder.rule([[...builder.literal('-'), magnitude], [magnitude]]);
  }

  /** An array of `min` to `max` items of one kind. */
  array(item: Sequence, min: number, max: number): RuleItem {
    return this.listIn('[', ']', item, min, max);
  }

  /** An object of `min` to `max` entries of one kind. Keys may repeat. */
  map(key: Sequence, value: Sequence, min: number, max: number): RuleItem {
    return this.listIn('{', '}', [...key, ...this.builder.literal(':'), this.space, ...value], min, max);
  }

  /** `min` to `max` items between brackets. */
  listIn(open: string, close: string, item: Sequence, min: number, max: number): RuleItem {
    const { builder } = this;
    const end = [...builder.literal(close)];
    const begin = [...builder.literal(open), this.gap];
    if (max === 0) return builder.rule([[...begin, ...end]]);
    const more = builder.repeat([...this.comma, ...item], Math.max(0, min - 1), max - 1);
    const filled: Sequence = [...item, ...more, this.gap, ...end];
    return builder.rule([[...begin, min === 0 ? builder.rule([filled, end]) : builder.rule([filled])]]);
  }
}

/** The last hexadecimal digits of characters from one to another. */
function hexRange(first: number, last: number): string {
  return '0123456789abcdef'.slice(first % 16, (last % 16) + 1);
}
