import { describe, expect, it } from 'vitest';
import { hermes } from '../../../../../../src/core/engine/dialects/families/json/hermes.js';
import { AnswerReader } from '../../../../../../src/core/engine/dialects/reading/answer-reader.js';
import { accepts, read, tools, weather } from '../../harness.js';

const dialect = { thoughts: { name: '<think>', begin: '<think>', end: '</think>' }, calls: hermes };

const call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo {\\"x\\"}", "days": 3}}\n</tool_call>';
const sum = '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": -2.5e3}}\n</tool_call>';
const oslo = { name: 'get_weather', arguments: { city: 'Oslo {"x"}', days: 3 } };

describe('reading Hermes', () => {
  it('finds calls, and the text before them', () => {
    expect(read(dialect, `I will look.\n\n${call}`)).toEqual({ content: 'I will look.', reasoning: '', calls: [oslo] });
    expect(read(dialect, `${call}\n${sum}`).calls).toEqual([oslo, { name: 'add', arguments: { a: 1, b: -2500 } }]);
  });

  it('tells thoughts apart', () => {
    expect(read(dialect, `<think>\nAbout <tool_call>.\n</think>\n\nDone. ${sum}`)).toMatchObject({
      content: 'Done.',
      reasoning: 'About <tool_call>.',
      calls: [{ name: 'add' }],
    });
    expect(read(dialect, 'Because.\n</think>\nYes.', { isThinking: true })).toEqual({
      content: 'Yes.',
      reasoning: 'Because.',
      calls: [],
    });
  });

  it.each([
    '<tool_call> is how calls begin.',
    'a <tool_cal',
    'a <tool_call>',
    '<tool_call>\n{"name": "unknown", "arguments": {}}\n</tool_call>',
    '<tool_call>\n{"nam',
    '<<tool_call>\n{"a": 1}',
    ' \n  text\n ',
    '1 < 2 <t <to\n',
  ])('leaves text as it is: %j', (text) => {
    expect(read(dialect, text)).toEqual({ content: text, reasoning: '', calls: [] });
  });

  it('accepts members in any order, others, arguments as text, and none', () => {
    const swapped = '<tool_call>{"id": [1, {}], "arguments": {"a": 1, "b": 2}, "name": "add"}</tool_call>';
    const quoted = '<tool_call>{"name": "add", "arguments": "{\\"a\\": 1, \\"b\\": 2}"}</tool_call>';
    const none = '<tool_call>{"name": "now"}</tool_call>';
    const added = { name: 'add', arguments: { a: 1, b: 2 } };
    expect(read(dialect, swapped + quoted + none).calls).toEqual([added, added, { name: 'now', arguments: {} }]);
  });

  it('keeps what it has of a call that was cut off', () => {
    expect(read(dialect, '<tool_call>{"name": "add", "arguments": {"a": 1, "b').calls).toEqual([
      { name: 'add', arguments: '{"a": 1, "b' },
    ]);
  });
});

describe('an answer that is cut off', () => {
  const cut = (text: string, isRequired = false): readonly unknown[] => {
    const reader = new AnswerReader(dialect, { tools, isThinking: false, isRequired });
    return reader.end(text, true).map((part) => ('text' in part ? part.text : 'name' in part ? part.name : ''));
  };

  it('has no content from a call that has only begun', () => {
    expect(cut('Yes. <tool_call>\n{"name":"ad')).toEqual(['Yes.']);
    expect(cut('<tool_call>\n{"name":"now","arguments":{}}\n</tool')).toEqual(['now', '{}']);
    expect(cut('<tool_c', true)).toEqual([]);
  });

  it('has all of its content otherwise', () => {
    expect(cut('a <tool_call> b <tool_c')).toEqual(['a <tool_call> b <tool_c']);
  });
});

describe('the grammar of Hermes', () => {
  it('allows text, and calls that the schemas allow', () => {
    expect([
      accepts(hermes, 'Hello <tool_cal <'),
      accepts(hermes, `One. ${sum}\n${sum}`),
      accepts(hermes, '<tool_call>{"name": "now", "arguments": {}}</tool_call>'),
    ]).toEqual([true, true, true]);
  });

  it('allows nothing else once a call has begun', () => {
    expect([
      accepts(hermes, 'a <tool_call> b'),
      accepts(hermes, `${sum} and more`),
      accepts(hermes, '<tool_call>{"name": "sub", "arguments": {}}</tool_call>'),
      accepts(hermes, '<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>'),
      accepts(hermes, `${sum}${sum}`, { isParallel: false }),
    ]).toEqual([false, false, false, false, false]);
  });

  it('leaves out keywords that cannot be enforced, and any object is allowed by a wrong schema, unless the tool is strict', () => {
    const parameters = { type: 'object', properties: { a: { not: { type: 'null' } } }, additionalProperties: true };
    const free = { name: 'add', parameters, isStrict: false };
    expect(accepts(hermes, sum, { tools: [weather, free] })).toBe(true);
    expect(() => accepts(hermes, sum, { tools: [{ ...free, isStrict: true }] })).toThrow(/"not" is not supported/);
    const wrong = { ...free, parameters: { properties: { z: { type: 'date' } }, additionalProperties: false } };
    expect(accepts(hermes, sum, { tools: [weather, wrong] })).toBe(true);
  });

  it('requires a call', () => {
    const required = { isRequired: true };
    expect([
      accepts(hermes, sum, required),
      accepts(hermes, '', required),
      accepts(hermes, `a ${sum}`, required),
    ]).toEqual([true, false, false]);
  });
});
