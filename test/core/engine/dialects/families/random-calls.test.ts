import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallSyntax } from '../../../../../src/core/engine/dialects/dialect.js';
import { functionGemma } from '../../../../../src/core/engine/dialects/families/function-gemma.js';
import { gemma4 } from '../../../../../src/core/engine/dialects/families/gemma4.js';
import { lfm2 } from '../../../../../src/core/engine/dialects/families/lfm2.js';
import { olmo3 } from '../../../../../src/core/engine/dialects/families/olmo3.js';
import { glm } from '../../../../../src/core/engine/dialects/families/parameters/glm.js';
import { hunyuan } from '../../../../../src/core/engine/dialects/families/parameters/hunyuan.js';
import {
  deepSeekV4,
  deepSeekV32,
  gigaChat35,
  minimaxM2,
  museGlimmer,
} from '../../../../../src/core/engine/dialects/families/parameters/invoke-calls.js';
import { kimiK3 } from '../../../../../src/core/engine/dialects/families/parameters/kimi-k3.js';
import { miniCpm } from '../../../../../src/core/engine/dialects/families/parameters/minicpm.js';
import { minimaxM3 } from '../../../../../src/core/engine/dialects/families/parameters/minimax-m3.js';
import { qwen3Coder } from '../../../../../src/core/engine/dialects/families/parameters/qwen3-coder.js';
import { seedOss } from '../../../../../src/core/engine/dialects/families/parameters/seed-oss.js';
import { AnswerReader } from '../../../../../src/core/engine/dialects/reading/answer-reader.js';
import { answerGrammar } from '../../../../../src/core/engine/dialects/rules/answer-grammar.js';
import type { Tool } from '../../../../../src/core/engine/output-format.js';
import { GrammarMatcher } from '../../../../support/grammar/matcher.js';
import { answerOf, merged, type ReadCall } from '../harness.js';

/** A call with arguments in the order of the schema. */
interface Call {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const list = { type: 'array', items: { type: 'string' } };
const data = { type: 'object', properties: { x: { type: 'string' }, y: { type: 'number' } }, required: ['x', 'y'] };
const properties = {
  count: { type: 'integer' },
  data,
  flag: { type: 'boolean' },
  list: { $ref: '#/$defs/list' },
  maybe: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  text: { type: 'string' },
};
const parameters = { type: 'object', properties, required: ['text'], additionalProperties: false, $defs: { list } };
const tools: readonly Tool[] = [
  { name: 'save', parameters, isStrict: true },
  { name: 'save_all', parameters: { ...parameters, required: [] }, isStrict: true },
];

const marks = [
  ...['<tool_call>', '</tool_call>', '\n</parameter>', '</param', '</arg_value>', '<|"|>', '<tool_call|>', ']]>', '<'],
  ...['<escape', '<end_function_call>'],
  ...[
    '</｜DSML｜parameter>',
    ']<]minimax[>[</',
    '<|close|>argument',
    '"',
    "'",
    '\\',
    '\\n',
    ', b=1)',
    '{',
    '}',
    '\n',
    '&',
  ],
];
const texts = fc
  .array(fc.oneof(fc.constantFrom(...marks), fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 6 })
  .map((parts) => parts.join(''));
const values = {
  count: fc.integer(),
  data: fc.record({ x: texts, y: fc.integer().map((number) => number / 100) }),
  flag: fc.boolean(),
  list: fc.array(texts, { maxLength: 3 }),
  maybe: fc.option(texts.filter((text) => !/^\s*(?:null|None)\s*$/.test(text))),
  text: texts,
};
const calls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.oneof(
    fc.record({ name: fc.constant('save'), arguments: fc.record(values, { requiredKeys: ['text'] }) }),
    fc.record({ name: fc.constant('save_all'), arguments: fc.record(values, { requiredKeys: [] }) }),
  ),
  { minLength: 1, maxLength: 3 },
);

const raw = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const members = (call: Call, write: (key: string, value: unknown) => string, separator = ''): string =>
  Object.keys(properties)
    .filter((key) => key in call.arguments)
    .map((key) => write(key, call.arguments[key]))
    .join(separator);

/** Each call in its marks, one after the other. */
const each =
  (write: (key: string, value: unknown) => string, begin: (name: string, index: number) => string, end: string) =>
  (all: readonly Call[]): string =>
    all.map((call, index) => begin(call.name, index) + members(call, write) + end).join('\n');

const invokes = (
  prefix: string,
  block: string,
  after: (value: unknown) => string,
): ((all: readonly Call[]) => string) => {
  const parameter = (key: string, value: unknown): string =>
    `<${prefix}parameter name="${key}"${after(value)}>${raw(value)}</${prefix}parameter>\n`;
  const write = each(parameter, (name) => `<${prefix}invoke name="${name}">\n`, `</${prefix}invoke>`);
  return (all) => `<${block}>\n${write(all)}\n</${block}>`;
};
const isString = (value: unknown): string => ` string="${String(typeof value === 'string')}"`;
const untyped = (): string => '';

function gemmaText(value: unknown, quote: string): string {
  if (typeof value === 'string') return quote + value + quote;
  if (Array.isArray(value)) return `[${value.map((item) => gemmaText(item, quote)).join()}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}:${gemmaText(member, quote)}`)
    .join()}}`;
}

const gemmaCalls =
  (begin: string, end: string, quote: string) =>
  (all: readonly Call[]): string =>
    all
      .map((call) => {
        const written = members(call, (key, value) => `${key}:${gemmaText(value, quote)}`, ',');
        return `${begin}call:${call.name}{${written}}${end}`;
      })
      .join('');

function pythonLiteral(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value !== 'string' || /(?![\n\t])\p{Cc}/u.test(value)) return JSON.stringify(value);
  return `'${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll("'", "\\'")}'`;
}

function pythonCall(call: Call): string {
  return `${call.name}(${members(call, (key, value) => `${key}=${pythonLiteral(value)}`, ', ')})`;
}

function jsonArguments(call: Call): string {
  return `${call.name}(${members(call, (key, value) => `${key}=${JSON.stringify(value)}`, ', ')})`;
}

const hy = ':opensource';
const ns = ']<]minimax[>[';

/** How each family writes calls, and a text that its strings cannot contain. */
const families: readonly (readonly [CallSyntax, string, (all: readonly Call[]) => string])[] = [
  [
    qwen3Coder,
    '</parameter>',
    each(
      (key, value) => `<parameter=${key}>\n${raw(value)}\n</parameter>\n`,
      (name) => `<tool_call>\n<function=${name}>\n`,
      '</function>\n</tool_call>',
    ),
  ],
  [
    seedOss,
    '</parameter>',
    each(
      (key, value) => `<parameter=${key}>${raw(value)}</parameter>\n`,
      (name) => `<seed:tool_call>\n<function=${name}>\n`,
      '</function>\n</seed:tool_call>',
    ),
  ],
  [
    glm,
    '</arg_value>',
    each(
      (key, value) => `<arg_key>${key}</arg_key>\n<arg_value>${raw(value)}</arg_value>\n`,
      (name) => `<tool_call>${name}\n`,
      '</tool_call>',
    ),
  ],
  [
    hunyuan,
    `</arg_value${hy}>`,
    (all) =>
      `<tool_calls${hy}>\n${each(
        (key, value) => `<arg_key${hy}>${key}</arg_key${hy}>\n<arg_value${hy}>${raw(value)}</arg_value${hy}>\n`,
        (name) => `<tool_call${hy}>${name}<tool_sep${hy}>\n`,
        `</tool_call${hy}>`,
      )(all)}\n</tool_calls${hy}>`,
  ],
  [minimaxM2, '</parameter>', invokes('', 'minimax:tool_call', untyped)],
  [museGlimmer, '</atem:parameter>', invokes('atem:', 'atem:function_calls', untyped)],
  [deepSeekV32, '</｜DSML｜parameter>', invokes('｜DSML｜', '｜DSML｜function_calls', isString)],
  [deepSeekV4, '</｜DSML｜parameter>', invokes('｜DSML｜', '｜DSML｜tool_calls', isString)],
  [
    miniCpm,
    ']]></param>',
    each(
      (key, value) => {
        const isSpecial = typeof value === 'string' && /[<&\n]/.test(value);
        return `<param name="${key}">${isSpecial ? `<![CDATA[${value}]]>` : raw(value)}</param>`;
      },
      (name) => `<function name="${name}">`,
      '</function>',
    ),
  ],
  [
    kimiK3,
    '<|close|>argument<|sep|>',
    (all) =>
      `<|open|>tools<|sep|>${each(
        (key, value) =>
          `<|open|>argument key="${key}" type="${kindOf(value)}"<|sep|>${raw(value)}<|close|>argument<|sep|>`,
        (name, index) => `<|open|>call tool="${name}" index="${index + 1}"<|sep|>`,
        '<|close|>call<|sep|>',
      )(all)}<|close|>tools<|sep|>`,
  ],
  [
    minimaxM3,
    ns,
    (all) =>
      `${ns}<tool_call>\n${each(
        (key, value) => `${ns}<${key}>${raw(value)}${ns}</${key}>`,
        (name) => `${ns}<invoke name="${name}">`,
        `${ns}</invoke>`,
      )(all)}\n${ns}</tool_call>`,
  ],
  [gemma4, '<|"|>', gemmaCalls('<|tool_call>', '<tool_call|>', '<|"|>')],
  [functionGemma, '<escape>', gemmaCalls('<start_function_call>', '<end_function_call>', '<escape>')],
  [lfm2, '', (all) => `<|tool_call_start|>[${all.map(pythonCall).join(', ')}]<|tool_call_end|>`],
  [olmo3, '', (all) => `<function_calls>${all.map(jsonArguments).join('\n')}</function_calls>`],
  [olmo3, '', (all) => `<function_calls>\n${all.map(pythonCall).join('\n')}\n</function_calls>`],
  [gigaChat35, '</｜GCML｜parameter>', invokes('｜GCML｜', '｜GCML｜tool_calls', isString)],
];

function readCut(
  syntax: CallSyntax,
  text: string,
  cuts: readonly number[],
): { content: string; calls: readonly ReadCall[] } {
  const reader = new AnswerReader({ thoughts: null, calls: syntax }, { tools, isThinking: false });
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
  return answerOf(merged([...pieces.flatMap((piece) => reader.push(piece)), ...reader.end('')]));
}

describe.each(families)('random calls: $name', (syntax, end, write) => {
  it('are read as they were meant, wherever the text is cut, and the grammar allows them', () => {
    const demand = { calls: { tools, isRequired: false, isParallel: true }, format: { type: 'text' as const } };
    const grammar = answerGrammar({ thoughts: null, calls: syntax }, { ...demand, isThinking: false });
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    const isClear = (all: readonly Call[]): boolean =>
      end === '' || !JSON.stringify(all).includes(JSON.stringify(end).slice(1, -1));
    const isContent = (text: string): boolean => !syntax.begins.some((begin) => text.includes(begin.text));
    fc.assert(
      fc.property(texts.filter(isContent), calls.filter(isClear), cuts, (before, all, at) => {
        const text = before + write(all);
        expect(readCut(syntax, text, at)).toEqual({ content: before.trimEnd(), reasoning: '', calls: all });
        expect(grammar !== null && new GrammarMatcher(grammar.rules).match(text).accepted).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
