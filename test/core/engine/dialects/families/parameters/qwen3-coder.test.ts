import { describe, expect, it } from 'vitest';
import { qwen3Coder } from '../../../../../../src/core/engine/dialects/families/parameters/qwen3-coder.js';
import type { Tool } from '../../../../../../src/core/engine/output-format.js';
import { accepts, add, read } from '../../harness.js';

const dialect = { thoughts: null, calls: qwen3Coder };

const oslo =
  '<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>';
const sum = '<function=add>\n<parameter=a>\n1\n</parameter>\n<parameter=b>\n-2.5\n</parameter>\n</function>';
const inTags = (call: string): string => `<tool_call>\n${call}\n</tool_call>`;
const osloCall = { name: 'get_weather', arguments: { city: 'Oslo', days: 3 } };
const sumCall = { name: 'add', arguments: { a: 1, b: -2.5 } };

const run: Tool = {
  name: 'run',
  parameters: {
    type: 'object',
    properties: {
      code: { type: 'string' },
      quiet: { type: 'boolean' },
      limit: { type: ['integer', 'null'] },
      note: { anyOf: [{ type: 'string', maxLength: 5 }, { type: 'null' }] },
      id: { type: 'string', pattern: '^[A-Z]{2}$' },
    },
    required: ['code'],
    additionalProperties: false,
  },
  isStrict: true,
};
const runTools = { tools: [run] };
const runCall = (parameters: Readonly<Record<string, string>>): string => {
  const written = Object.entries(parameters).map(([key, value]) => `<parameter=${key}>\n${value}\n</parameter>\n`);
  return inTags(`<function=run>\n${written.join('')}</function>`);
};

describe('reading Qwen3-Coder', () => {
  it('finds calls, with their tags and without', () => {
    expect(read(dialect, `I will look.\n\n${inTags(oslo)}\n${inTags(sum)}`)).toEqual({
      content: 'I will look.',
      reasoning: '',
      calls: [osloCall, sumCall],
    });
    expect(read(dialect, `${oslo}\n${sum}\n</tool_call>`).calls).toEqual([osloCall, sumCall]);
    expect(read(dialect, '<tool_call>\n<function=now>\n</function>\n</tool_call>').calls).toEqual([
      { name: 'now', arguments: {} },
    ]);
  });

  it('keeps every character of a string but the line ends around it', () => {
    const code = '\n  if a < b && "c":\n    print("</param", \'</parameter\')\n\\ {"x": [1]} é 😀\n';
    expect(read(dialect, runCall({ code }), runTools).calls).toEqual([{ name: 'run', arguments: { code } }]);
    expect(read(dialect, runCall({ code: '' }), runTools).calls).toEqual([{ name: 'run', arguments: { code: '' } }]);
    expect(read(dialect, '<function=run><parameter=code>1</parameter></function>', runTools).calls).toEqual([
      { name: 'run', arguments: { code: '1' } },
    ]);
  });

  it('reads other values as the schema says, and the words of Python', () => {
    const text = runCall({ code: 'null', quiet: 'True', limit: 'None', note: '7', id: '12' });
    expect(read(dialect, text, runTools).calls).toEqual([
      { name: 'run', arguments: { code: 'null', quiet: true, limit: null, note: '7', id: '12' } },
    ]);
    expect(read(dialect, runCall({ code: 'x', limit: 'many', note: 'null' }), runTools).calls).toEqual([
      { name: 'run', arguments: { code: 'x', limit: 'many', note: null } },
    ]);
  });

  it.each([
    '<tool_call> begins a call.',
    '<tool_call>\n<function=unknown>\n</function>\n</tool_call>',
    '<tool_call>\n<function=get_weather_at>\n</function>\n</tool_call>',
    'Write <function=get_weather> to call it.',
    'a <function=get_weather',
    '<tool_call>\n{"name": "add", "arguments": {}}\n</tool_call>',
    'a <tool_cal',
    'if a <function= b',
  ])('leaves text as it is: %j', (text) => {
    expect(read(dialect, text)).toEqual({ content: text, reasoning: '', calls: [] });
  });

  it('keeps what it has of a call that was cut off', () => {
    expect(read(dialect, inTags(oslo).split('lo\n')[0] ?? '').calls).toEqual([
      { name: 'get_weather', arguments: '{"city":"Os' },
    ]);
    expect(read(dialect, oslo.slice(0, -15)).calls).toEqual([{ name: 'get_weather', arguments: '{"city":"Oslo"' }]);
  });

  it('ends a call that goes on in another way', () => {
    expect(read(dialect, `${oslo.replace('</function>', '')} Done.`)).toEqual({
      content: 'Done.',
      reasoning: '',
      calls: [osloCall],
    });
  });
});

describe('the grammar of Qwen3-Coder', () => {
  it('allows text, and calls that the schemas allow', () => {
    expect([
      accepts(qwen3Coder, 'Hello <tool_cal <function'),
      accepts(qwen3Coder, `One. ${inTags(oslo)}\n${inTags(sum)}`),
      accepts(qwen3Coder, `${oslo}\n${sum}`),
      accepts(qwen3Coder, '<tool_call>\n<function=now>\n</function>\n</tool_call>'),
      accepts(qwen3Coder, inTags(oslo.replace(/<parameter=days>[^]*?<\/parameter>\n/, ''))),
    ]).toEqual([true, true, true, true, true]);
  });

  it('allows nothing else once a call has begun', () => {
    expect([
      accepts(qwen3Coder, 'a <tool_call> b'),
      accepts(qwen3Coder, `${inTags(sum)} and more`),
      accepts(qwen3Coder, inTags('<function=sub>\n</function>')),
      accepts(qwen3Coder, inTags('<function=add>\n<parameter=a>\n1\n</parameter>\n</function>')),
      accepts(qwen3Coder, inTags(sum.replace('-2.5', 'two'))),
      accepts(qwen3Coder, inTags(oslo.replace('3', '99'))),
      accepts(qwen3Coder, inTags(oslo.replace('days', 'unit'))),
      accepts(qwen3Coder, `${inTags(sum)}${inTags(sum)}`, { isParallel: false }),
    ]).toEqual([false, false, false, false, false, false, false, false]);
  });

  it.each<[boolean, Readonly<Record<string, string>>]>([
    [true, { code: 'a\n</param>\n</parameter\n"\\' }],
    [false, { code: 'a</parameter>b' }],
    [true, { code: '', quiet: 'true', limit: '12', note: 'abcde', id: 'AB' }],
    [true, { code: '1', limit: 'null', note: 'null' }],
    [false, { code: 'x', note: 'abcdef' }],
    [false, { code: 'x', quiet: 'yes' }],
    [false, { code: 'x', limit: '1.5' }],
    [false, { code: 'x', id: 'ABC' }],
    [false, { quiet: 'true' }],
    [false, { quiet: 'true', code: 'x' }],
  ])('says %s to %j', (isAllowed, parameters) => {
    expect(accepts(qwen3Coder, runCall(parameters), runTools)).toBe(isAllowed);
  });

  it('counts long strings of strict tools, which cannot contain the beginning of an end tag then', () => {
    const withText = (isStrict: boolean): Tool => ({
      ...run,
      parameters: { type: 'object', properties: { code: { type: 'string', maxLength: 300 } } },
      isStrict,
    });
    const allows = (code: string, isStrict: boolean): boolean =>
      accepts(qwen3Coder, runCall({ code }), { tools: [withText(isStrict)] });
    const texts = [`<a>\n${'x'.repeat(296)}`, 'x'.repeat(301), '</a>'];
    expect(texts.map((text) => allows(text, true))).toEqual([true, false, false]);
    expect(texts.map((text) => allows(text, false))).toEqual([true, true, true]);
  });

  it('lets a tool whose parameters depend on each other have any, unless it is strict', () => {
    const either: Tool = { ...add, parameters: { anyOf: [{ properties: { a: {} } }] }, isStrict: false };
    expect(accepts(qwen3Coder, inTags(sum), { tools: [either] })).toBe(true);
    expect(() => accepts(qwen3Coder, '', { tools: [{ ...either, isStrict: true }] })).toThrow(/depend on each other/);
  });

  it('requires a call', () => {
    const required = { isRequired: true };
    expect(accepts(qwen3Coder, inTags(sum), required)).toBe(true);
    expect(accepts(qwen3Coder, `a ${inTags(sum)}`, required)).toBe(false);
  });
});

it('holds strings to what several choices have in common', () => {
  const union = (...values: string[]): object => ({ anyOf: [{ enum: values }, { const: 'x' }] });
  const mark: Tool = {
    name: 'run',
    parameters: {
      type: 'object',
      properties: {
        two: { allOf: [union('a', 'b'), union('b', 'c')] },
        three: { allOf: [union('a', 'b'), union('b', 'c'), union('b', 'd')] },
      },
      additionalProperties: false,
    },
    isStrict: true,
  };
  const isAccepted = (parameters: Readonly<Record<string, string>>): boolean =>
    accepts(qwen3Coder, runCall(parameters), { tools: [mark] });
  expect(['b', 'x', 'a', 'c'].map((value) => isAccepted({ two: value }))).toEqual([true, true, false, false]);
  expect(['b', 'x', 'a', 'd'].map((value) => isAccepted({ three: value }))).toEqual([true, true, false, false]);
});
