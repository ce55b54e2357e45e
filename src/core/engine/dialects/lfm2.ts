import { schemaProblem } from '../format/problems.js';
import type { Automaton } from '../grammar/automaton.js';
import { charsOf, complement, contains, intersection, singleChar, union } from '../grammar/char-set.js';
import { JsonRules } from '../grammar/json-rules.js';
import type { Alternatives, GrammarBuilder, RuleItem, Sequence } from '../grammar/rules.js';
import { type Step, textRules } from '../grammar/text-rules.js';
import type { AnswerParts } from './answer.js';
import type { CallableTool, CallSyntax } from './dialect.js';
import type { Feed, Reading } from './feed.js';
import { looseSpace } from './json-calls.js';
import { ObjectWriter } from './json-writing.js';
import { looseValue, pythonQuotes } from './loose-values.js';
import { inOrder, refuseIfStrict } from './parameter-rules.js';

const begin = '<|tool_call_start|>';
const end = '<|tool_call_end|>';

/**
 * LFM2 and LFM2.5: templates with `<|tool_call_start|>`; or, in templates that do not show calls, with `List of tools:
 * `. Calls are a Python list, and values are Python literals.
 *
 *     <|tool_call_start|>[get_weather(city="Oslo", days=3)]<|tool_call_end|>
 */
export const lfm2: CallSyntax = {
  name: 'lfm2',
  marks: [begin, end],
  begins: [{ text: begin, atStart: false }],
  *read(feed, parts) {
    yield* feed.space();
    if (!(yield* feed.literal('['))) return false;
    let hasCalls = false;
    do {
      const isCall = yield* feed.attempt(function* () {
        return (yield* readCall(feed, parts)) ? true : null;
      });
      if (isCall === null) return hasCalls;
      hasCalls = true;
      yield* feed.space();
    } while (yield* feed.literal(','));
    for (const mark of [']', end]) {
      yield* feed.space();
      yield* feed.literal(mark);
    }
    return true;
  },
  notation: ({ builder }) => new PythonRules(builder),
  rules({ json, tools, isParallel }) {
    const { builder, comma } = json;
    const gap = looseSpace(builder);
    const call = builder.rule(tools.map((tool) => callRule(json, tool)));
    const more = isParallel ? builder.repeat([...comma, call], 0, Infinity) : [];
    const list: Sequence = [gap, ...builder.literal('['), call, ...more, ...builder.literal(']')];
    return [{ text: begin, atStart: false, then: [...list, gap, ...builder.literal(end)] }];
  },
};

function* readCall(feed: Feed, parts: AnswerParts): Reading<boolean> {
  yield* feed.space();
  const name = yield* feed.oneOf([...parts.tools.keys()]);
  if (name === null || !(yield* feed.literal('('))) return false;
  let key = yield* argumentName(feed);
  yield* feed.space();
  if (key === null && (yield* feed.peek()) !== ')') return false;
  const object = new ObjectWriter(parts.call(name));
  while (key !== null) {
    if (!(yield* looseValue(feed, object.member(key), pythonQuotes))) return true;
    yield* feed.space();
    key = (yield* feed.literal(',')) ? yield* argumentName(feed) : null;
  }
  yield* feed.space();
  // A call that was cut off stays incomplete; one that goes on in another way ends here.
  if ((yield* feed.literal(')')) || (yield* feed.peek()) !== null) object.end();
  return true;
}

/** The name of an argument and its equals sign; null if something else comes. */
function* argumentName(feed: Feed): Reading<string | null> {
  return yield* feed.attempt(function* () {
    let name = '';
    yield* feed.space();
    yield* feed.while(/[^\s=,()[\]'"]/, (piece) => {
      name += piece;
    });
    yield* feed.space();
    return name !== '' && (yield* feed.literal('=')) ? name : null;
  });
}

function callRule(json: JsonRules, { tool, properties }: CallableTool): Sequence {
  const { builder, comma } = json;
  const close = builder.literal(')');
  const open = builder.literal(`${tool.name}(`);
  const special = properties?.find(({ name }) => !/^[^\s=,()[\]'"]+$/.test(name));
  if (properties !== null && special === undefined) {
    const write = ({ name, value }: (typeof properties)[number]): Sequence => [...builder.literal(`${name}=`), value()];
    return [...open, inOrder(builder, properties, { write, separator: comma, end: close })];
  }
  if (special !== undefined && tool.isStrict) {
    const problem = `the model cannot write the name ${JSON.stringify(special.name)} of a parameter of "${tool.name}"`;
    throw schemaProblem(builder.budget.subject, '', problem);
  }
  refuseIfStrict({ tool, properties }, builder);
  const argument = builder.rule([[...freeName(builder), ...builder.literal('='), json.value]]);
  const several: Sequence = [argument, ...builder.repeat([...comma, argument], 0, Infinity)];
  return [...open, builder.optional(several), ...close];
}

function freeName(builder: GrammarBuilder): Sequence {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';
  return [builder.chars(charsOf(letters)), ...builder.repeat([builder.chars(charsOf(`${letters}0123456789`))], 0, 63)];
}

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
class PythonRules extends JsonRules {
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
