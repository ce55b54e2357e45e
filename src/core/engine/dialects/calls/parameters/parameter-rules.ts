import { allKinds, type Kind } from '../../../format/schema/kinds.js';
import { schemaProblem } from '../../../format/schema/problems.js';
import type { SchemaProperty } from '../../../format/schema-properties.js';
import { type Automaton, everything, intersectionOf, without } from '../../../grammar/automaton.js';
import { charsOf, complement, union } from '../../../grammar/char-set.js';
import { regexAutomaton } from '../../../grammar/regex/regex.js';
import type { GrammarBuilder, RuleItem, Sequence } from '../../../grammar/rules.js';
import { plainTextRules } from '../../../grammar/text-rules.js';
import type { CallableTool, CallBeginning, CallGrammar } from '../../dialect.js';
import { looseSpace } from '../json/json-calls.js';
import { endedText } from '../values/ended-text.js';
import { ValueShape } from './parameter-kinds.js';
import { cdata, type KeyEnd, type ParameterSyntax } from './parameter-syntax.js';

/** What a model may write in a syntax with marks for each parameter. */
export function parameterRules(grammar: CallGrammar, syntax: ParameterSyntax): CallBeginning[] {
  const { json, tools, isParallel } = grammar;
  const { builder } = json;
  const { block, call } = syntax;
  const gap = looseSpace(builder);
  const anyCall = builder.rule(tools.map((tool) => callRule(grammar, tool, syntax)));
  const more = (sequence: Sequence): Sequence => (isParallel ? builder.repeat(sequence, 0, Infinity) : []);
  const begun: Sequence = [...builder.literal(call.begin), anyCall];
  const alone: CallBeginning = { text: call.begin, atStart: false, then: [anyCall, ...more([gap, ...begun])] };
  if (block === null) return [alone];
  const { begin, end, isShared, isOptional } = block;
  const calls: Sequence = [gap, ...begun, ...(isShared ? more([gap, ...begun]) : [])];
  const one: Sequence = [...calls, gap, ...builder.literal(end)];
  const then = isShared ? one : [...one, ...more([gap, ...builder.literal(begin), ...one])];
  return [{ text: begin, atStart: false, then }, ...(isOptional ? [alone] : [])];
}

/** A call, from the name of its function on. */
function callRule({ json }: CallGrammar, { tool, properties }: CallableTool, syntax: ParameterSyntax): Sequence {
  const { builder } = json;
  const { call, parameter } = syntax;
  const gap = looseSpace(builder);
  const number = builder.repeat([builder.chars(charsOf('0123456789'))], 1, 3);
  const numbered = call.numberEnd === null ? [] : [...number, ...builder.literal(call.numberEnd)];
  const name = [...builder.literal(tool.name + call.nameEnd), ...numbered, gap];
  const end = builder.literal(call.end);
  const keyEnd = (text: string): Sequence => [
    ...builder.literal(text),
    ...(parameter.valueBegin === '' ? [] : [gap, ...builder.literal(parameter.valueBegin)]),
  ];
  if (properties === null) {
    refuseIfStrict({ tool, properties }, builder);
    const values = parameter.keyEnds.map(({ text, kinds }) => [...keyEnd(text), freeValue(json.value, kinds)]);
    const again = parameter.repeatsName ? [freeKey(builder), ...builder.literal('>')] : [];
    const free: Sequence = [...builder.literal(parameter.begin), freeKey(builder), builder.rule(values), ...again, gap];
    return [...name, ...builder.repeat(free, 0, Infinity), ...end];
  }
  const shape = new ValueShape(tool.parameters);
  const parameters = inOrder(builder, properties, {
    write: (property) => {
      const { kinds } = shape.property(property.name);
      const longest = tool.isStrict ? Infinity : longestCounted;
      const values = parameter.keyEnds.map((each) => [...keyEnd(each.text), valueRule(property, kinds, each, longest)]);
      return [...builder.literal(parameter.begin + property.name), builder.rule(values), gap];
    },
    separator: [],
    end,
  });
  return [...name, parameters];

  function freeValue(anyJson: RuleItem, kinds: KeyEnd['kinds']): RuleItem {
    const isText = kinds === null || kinds.has('string');
    return isText
      ? text(builder, everything, parameter, parameter.end)
      : builder.rule([onLines(builder, [anyJson], parameter, parameter.end)]);
  }

  function valueRule(
    property: SchemaProperty,
    allowed: ReadonlySet<Kind>,
    { kinds }: KeyEnd,
    longest: number,
  ): RuleItem {
    const possible = allKinds.filter((kind) => allowed.has(kind) && (kinds === null || kinds.has(kind)));
    const others = possible.filter((kind) => kind !== 'string');
    const strings = possible.includes('string') ? property.strings(longest) : [];
    const plain = strings.length === 0 ? strings : withoutJson(builder, strings, others);
    const close = parameter.repeatsName ? `${parameter.end}${property.name}>` : parameter.end;
    return builder.rule([
      ...(plain.length === 0 ? [] : [[text(builder, plain, parameter, close)]]),
      ...(others.length === 0 ? [] : [onLines(builder, [property.ofKinds(others)], parameter, close)]),
    ]);
  }
}

/**
 * The longest `maxLength` that is counted for a tool that is not strict, because each character takes as many rules as
 * the end mark has characters.
 */
const longestCounted = 64;

/** @throws ChatstreamError `invalid_request` for a strict tool whose parameters have to be free */
export function refuseIfStrict(
  { tool, properties }: Pick<CallableTool, 'tool' | 'properties'>,
  builder: GrammarBuilder,
): void {
  if (properties !== null || !tool.isStrict) return;
  const problem = `the model writes parameters one by one, and those of "${tool.name}" depend on each other`;
  throw schemaProblem(builder.budget.subject, '', problem);
}

/** Parameters in their order, including those that are not required or left out, and what follows them. */
export function inOrder(
  builder: GrammarBuilder,
  properties: readonly SchemaProperty[],
  {
    write,
    separator,
    end,
  }: { readonly write: (property: SchemaProperty) => Sequence; readonly separator: Sequence; readonly end: Sequence },
): RuleItem {
  const written = properties.map(write);
  const lastRequired = properties.findLastIndex(({ isRequired }) => isRequired);
  const rests: RuleItem[] = [];
  /** What may follow once this many parameters are done. */
  const rest = (done: number, before: Sequence): RuleItem => {
    const next = properties.findIndex(({ isRequired }, index) => index >= done && isRequired);
    const until = next === -1 ? properties.length : next + 1;
    const options = written
      .slice(done, until)
      .map((sequence, index) => [...before, ...sequence, ...[rests[done + index + 1]].flatMap((item) => item ?? [])]);
    return builder.rule([...options, ...(done > lastRequired ? [end] : [])]);
  };
  for (let done = properties.length; done > 0; done -= 1) rests[done] = rest(done, separator);
  return rest(0, []);
}

/** A string without quotation marks, and the end of the parameter. */
function text(
  builder: GrammarBuilder,
  strings: Automaton,
  { isOnLines, hasCdata }: ParameterSyntax['parameter'],
  end: string,
): RuleItem {
  if (isOnLines) return builder.rule([[...builder.literal('\n'), endedText(builder, strings, `\n${end}`, end)]]);
  if (!hasCdata) return endedText(builder, strings, end);
  const plainChars: Automaton = [{ accepts: true, transitions: [{ chars: complement(charsOf('<&\n')), to: 0 }] }];
  const plain = intersectionOf([strings, plainChars], builder.budget, 'a string without special characters');
  const marked = endedText(builder, strings, cdata.end + end);
  return builder.rule([
    ...(plain.length === 0 ? [] : [[plainTextRules(builder, plain, builder.literal(end))]]),
    [...builder.literal(cdata.begin), marked],
  ]);
}

/** A value other than a string, and the end of the parameter. */
function onLines(
  builder: GrammarBuilder,
  value: Sequence,
  { isOnLines }: ParameterSyntax['parameter'],
  end: string,
): Sequence {
  const line = builder.literal(isOnLines ? '\n' : '');
  return [...line, ...value, ...line, ...builder.literal(end)];
}

/** What a string must not look like if values of other kinds are possible, too. */
const looks: readonly { readonly kind: Kind; readonly regex: string }[] = [
  { kind: 'null', regex: String.raw`^\s*(null|None)\s*$` },
  { kind: 'boolean', regex: String.raw`^\s*(true|false|True|False)\s*$` },
  { kind: 'number', regex: String.raw`^\s*-?\d+(\.\d+)?([eE][-+]?\d+)?\s*$` },
  { kind: 'array', regex: String.raw`^\s*\[` },
  { kind: 'object', regex: String.raw`^\s*\{` },
];

/** Strings that are not read as something else. */
function withoutJson(builder: GrammarBuilder, strings: Automaton, others: readonly Kind[]): Automaton {
  const taken = looks
    .filter(({ kind }) => others.includes(kind))
    .map(({ regex }) => regexAutomaton(regex, builder.budget));
  return taken.length === 0 ? strings : without(strings, taken, builder.budget, 'strings that are no JSON');
}

/** A name that no schema gives. */
function freeKey(builder: GrammarBuilder): RuleItem {
  const chars = complement(union(charsOf(' <>="\'\\'), [0, 0x20]));
  return builder.rule([builder.repeat([builder.chars(chars)], 1, 64)]);
}
