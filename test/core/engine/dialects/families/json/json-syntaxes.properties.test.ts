import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallSyntax } from '../../../../../../src/core/engine/dialects/dialect.js';
import { apertus } from '../../../../../../src/core/engine/dialects/families/json/apertus.js';
import { commandR7b, commandRPlus } from '../../../../../../src/core/engine/dialects/families/json/command-r.js';
import { deepseekR1, deepseekV31 } from '../../../../../../src/core/engine/dialects/families/json/deepseek.js';
import { firefunction } from '../../../../../../src/core/engine/dialects/families/json/firefunction.js';
import {
  functionaryV31,
  functionaryV32,
} from '../../../../../../src/core/engine/dialects/families/json/functionary.js';
import { gigachat } from '../../../../../../src/core/engine/dialects/families/json/gigachat.js';
import { granite } from '../../../../../../src/core/engine/dialects/families/json/granite.js';
import { hermes } from '../../../../../../src/core/engine/dialects/families/json/hermes.js';
import { kimi } from '../../../../../../src/core/engine/dialects/families/json/kimi.js';
import { llama3 } from '../../../../../../src/core/engine/dialects/families/json/llama3.js';
import { mistral, mistralList } from '../../../../../../src/core/engine/dialects/families/json/mistral.js';
import { nemotron } from '../../../../../../src/core/engine/dialects/families/json/nemotron.js';
import { solar } from '../../../../../../src/core/engine/dialects/families/json/solar.js';
import { toolCallsLines, toolCallsList } from '../../../../../../src/core/engine/dialects/families/json/tool-calls.js';
import { xlam } from '../../../../../../src/core/engine/dialects/families/json/xlam.js';
import type { Tool } from '../../../../../../src/core/engine/output-format.js';
import { accepts, readCut } from '../../harness.js';

/** The name of a function, and its arguments as JSON. */
type Written = readonly [name: string, json: string];

interface Family {
  readonly syntax: CallSyntax;
  /** Calls as the models write them. */
  readonly write: (calls: readonly Written[]) => string;
  readonly hasTextBefore: boolean;
}

const listOf = (calls: readonly Written[], argumentsKey = 'arguments', nameKey = 'name') =>
  `[${calls.map(([name, json]) => `{"${nameKey}": "${name}", "${argumentsKey}": ${json}}`).join(', ')}]`;

const each = (write: (call: Written, index: number) => string, between = '') => {
  return (calls: readonly Written[]) => calls.map(write).join(between);
};

const section = (write: (call: Written, index: number) => string) => {
  return (calls: readonly Written[]) => `<｜tool▁calls▁begin｜>${each(write)(calls)}<｜tool▁calls▁end｜>`;
};

function family(syntax: CallSyntax, write: Family['write'], hasTextBefore = true): Family {
  return { syntax, write, hasTextBefore };
}

const families: readonly Family[] = [
  family(
    hermes,
    each(([name, json]) => `<tool_call>\n{"name": "${name}", "arguments": ${json}}\n</tool_call>`, '\n'),
  ),
  family(mistralList, (calls) => `[TOOL_CALLS]${listOf(calls)}`),
  family(
    mistral,
    each(([name, json]) => `[TOOL_CALLS]${name}[ARGS]${json}`),
  ),
  family(
    llama3,
    each(([name, json]) => `{"name": "${name}", "parameters": ${json}}`, '; '),
    false,
  ),
  family(xlam, listOf, false),
  family(
    functionaryV31,
    each(([name, json]) => `<function=${name}>${json}</function>`),
  ),
  family(
    functionaryV32,
    each(([name, json]) => `${name}\n${json}`, '>>>'),
    false,
  ),
  family(
    deepseekR1,
    section(
      ([name, json]) =>
        `<｜tool▁call▁begin｜>function<｜tool▁sep｜>${name}\n\`\`\`json\n${json}\n\`\`\`<｜tool▁call▁end｜>`,
    ),
  ),
  family(
    deepseekV31,
    section(([name, json]) => `<｜tool▁call▁begin｜>${name}<｜tool▁sep｜>${json}<｜tool▁call▁end｜>`),
  ),
  family(kimi, (calls) => {
    const write = each(
      ([name, json], index) =>
        `<|tool_call_begin|>functions.${name}:${index}<|tool_call_argument_begin|>${json}<|tool_call_end|>`,
    );
    return `<|tool_calls_section_begin|>${write(calls)}<|tool_calls_section_end|>`;
  }),
  family(solar, (calls) => {
    const write = each(
      ([name, json]) =>
        `<|tool_call:begin|>0123456789<|tool_call:name|>${name}<|tool_call:args|>${json}<|tool_call:end|>`,
    );
    return `<|tool_calls|>${write(calls)}<|calls|>`;
  }),
  family(granite, (calls) => `<|tool_call|>${listOf(calls)}`),
  family(commandR7b, (calls) => {
    const written = calls.map(
      ([name, json], index) => `    {"tool_call_id": "${index}", "tool_name": "${name}", "parameters": ${json}}`,
    );
    return `<|START_ACTION|>[\n${written.join(',\n')}\n]<|END_ACTION|>`;
  }),
  family(commandRPlus, (calls) => `Action:\n\`\`\`json\n${listOf(calls, 'parameters', 'tool_name')}\`\`\``),
  family(nemotron, (calls) => `<TOOLCALL>${listOf(calls)}</TOOLCALL>`),
  family(
    apertus,
    (calls) => `<|tools_prefix|>[${each(([name, json]) => `{"${name}": ${json}}`, ', ')(calls)}]<|tools_suffix|>`,
  ),
  family(firefunction, (calls) => ` functools${listOf(calls)}`),
  family(toolCallsList, (calls) => `<tool_calls>${listOf(calls)}</tool_calls>`),
  family(
    toolCallsLines,
    (calls) =>
      `<tool_calls>\n${each(([name, json]) => `{"name": "${name}", "arguments": ${json}}\n`)(calls)}</tool_calls>`,
  ),
  family(gigachat, (calls) =>
    each(([name, json]) => `<|function_call|>{"name": "${name}", "arguments": ${json}}`)(calls.slice(0, 1)),
  ),
];

const names = ['add', 'add_all', 'get-weather'];
const tools: readonly Tool[] = names.map((name) => ({ name, parameters: { type: 'object' }, isStrict: true }));

/** Texts in which a reader could take something for a mark. */
function tricky(syntax: CallSyntax): fc.Arbitrary<string> {
  const marks = [...syntax.marks, ...syntax.begins.map(({ text }) => text), ...familyEnds];
  const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...marks), fc.constantFrom(...names));
  return fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(''));
}

const familyEnds = ['"', '\\', '}', ']', '"}', '\\"', '```', '\n```', '</function>', '>>>add\n{}', '; {"name": "add"}'];

function argumentsOf(syntax: CallSyntax): fc.Arbitrary<Record<string, unknown>> {
  const text = tricky(syntax);
  // JSON.parse of Node.js 24 and 26 takes a name with an escape for another one if it has read that in the same place before:
  // after {"a":0,"\\":1} it reads {"a":0,"\"":1} as the same. Only names with a backslash can be taken so.
  const key = text.filter((name) => name !== '__proto__' && !name.includes('\\'));
  const { object } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.integer(),
      fc.integer({ min: -99_999, max: 99_999 }).map((hundredths) => hundredths / 100),
      fc.constantFrom(true, false, null),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  }));
  return object;
}

/** Free text with unfinished marks, in which no call begins. */
function textBefore({ syntax, hasTextBefore }: Family): fc.Arbitrary<string> {
  if (!hasTextBefore) return fc.constantFrom('', '\n', '  ');
  const begins = syntax.begins.map(({ text }) => text);
  const unfinished = fc
    .constantFrom(...begins)
    .chain((text) => fc.nat(text.length - 1).map((end) => text.slice(0, end)));
  const text = fc.array(fc.oneof(fc.string({ unit: 'binary' }), unfinished), { maxLength: 4 });
  return text.map((pieces) => `${pieces.join('')}\n`).filter((all) => begins.every((begin) => !all.includes(begin)));
}

function answers(each: Family) {
  return fc.record({
    calls: fc.array(fc.tuple(fc.constantFrom(...names), argumentsOf(each.syntax)), { minLength: 1, maxLength: 3 }),
    before: textBefore(each),
    indent: fc.constantFrom(0, 1, 4),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
  });
}

function cutAt(text: string, cuts: readonly number[]): string[] {
  const positions = cuts.map((share) => Math.floor(share * text.length)).sort((a, b) => a - b);
  return [...positions, text.length].map((end, index) => text.slice(positions[index - 1] ?? 0, end));
}

const written = ([name, args]: readonly [string, unknown], indent: number): Written => [
  name,
  JSON.stringify(args, null, indent),
];

describe.each(families.map((each) => [each.syntax.name, each] as const))('calls in %s', (_, each) => {
  it('are read as they were written, whatever the arguments, the text before and the cuts', () => {
    fc.assert(
      fc.property(answers(each), ({ calls, before, indent, cuts }) => {
        const text = before + each.write(calls.map((call) => written(call, indent)));
        const expected = calls.slice(0, each.syntax === gigachat ? 1 : calls.length);
        expect(readCut({ thoughts: null, calls: each.syntax }, cutAt(text, cuts), { tools })).toEqual({
          content: before.trimEnd(),
          reasoning: '',
          calls: expected.map(([name, args]) => ({ name, arguments: args })),
        });
      }),
    );
  });

  it('are allowed by the grammar', () => {
    fc.assert(
      fc.property(answers(each), ({ calls, before, indent }) => {
        const text = before + each.write(calls.map((call) => written(call, indent)));
        expect(accepts(each.syntax, text, { tools })).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
