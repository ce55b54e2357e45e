import type { Automaton } from '../../grammar/automaton.js';
import { charsOf, complement, contains, intersection, singleChar, union } from '../../grammar/char-set.js';
import { JsonRules } from '../../grammar/json-rules.js';
import type { Alternatives, RuleItem, Sequence } from '../../grammar/rules.js';
import { type Step, textRules } from '../../grammar/text-rules.js';

/** What a string in single quotation marks may contain without an escape. */
const unescaped = complement(union([0, 0x1f], charsOf("'\\")));

const escapes: ReadonlyMap<string, string> = new Map([
  ["'", "'"],
  ['\\', '\\'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
]);

/** Python literals, which may also be JSON: the templates write objects as JSON, and everything else as Python does. */
export class PythonRules extends JsonRules {
  readonly #strings = new Map<Automaton, RuleItem>();

  override textsOf(scalar: unknown): readonly string[] {
    const texts = super.textsOf(scalar);
    if (typeof scalar === 'string') return [...texts, singleQuoted(scalar)];
    if (scalar === null) return [...texts, 'None'];
    return typeof scalar === 'boolean' ? [...texts, scalar ? 'True' : 'False'] : texts;
  }

  override string(min = 0, max = Infinity): Sequence {
    const { builder } = this;
    const quote = builder.literal("'");
    const escape: Sequence = [...builder.literal('\\'), builder.chars(charsOf('\'"\\nrt'))];
    const char = builder.rule([[builder.chars(unescaped)], escape]);
    return [builder.rule([super.string(min, max), [...quote, ...builder.repeat([char], min, max), ...quote]])];
  }

  override stringOf(automaton: Automaton): Sequence {
    const { builder } = this;
    const known = this.#strings.get(automaton);
    if (known !== undefined) return [known];
    const quote = builder.literal("'");
    const text = textRules(builder, automaton, quote, (steps) => this.#singleQuotedSteps(steps));
    const rule = builder.rule([super.stringOf(automaton), [...quote, text]]);
    this.#strings.set(automaton, rule);
    return [rule];
  }

  #singleQuotedSteps(steps: readonly Step[]): Alternatives {
    const { builder } = this;
    return steps.flatMap(({ chars, then }) => {
      const plain = intersection(chars, unescaped);
      const escaped = [...escapes].filter(([char]) => contains(chars, char.charCodeAt(0)));
      return [
        ...(plain.length === 0 ? [] : [[builder.chars(plain), ...then]]),
        ...escaped.map(([, letter]) => [
          ...builder.literal('\\'),
          builder.chars(singleChar(letter.charCodeAt(0))),
          ...then,
        ]),
      ];
    });
  }
}

function singleQuoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
