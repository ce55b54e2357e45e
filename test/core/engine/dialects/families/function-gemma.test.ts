import { describe, expect, it } from 'vitest';
import { functionGemma } from '../../../../../src/core/engine/dialects/families/function-gemma.js';
import { dialectOf } from '../../../../../src/core/engine/dialects/templates/dialect-of.js';
import type { Tool } from '../../../../../src/core/engine/output-format.js';
import { accepts, read } from '../harness.js';
import { testSyntax } from '../syntax-tests.js';

const call = (name: string, parameters: string): string =>
  `<start_function_call>call:${name}{${parameters}}<end_function_call>`;
const q = '<escape>';
const oslo = call('get_weather', `city:${q}Oslo${q},days:3`);
const sum = call('add', 'a:1,b:-2.5');

testSyntax(functionGemma, { oslo, sum, both: oslo + sum, now: call('now', ''), days: ',days:3', b: ',b:-2.5' });

describe('FunctionGemma', () => {
  const mail: Tool = {
    name: 'mail',
    parameters: {
      type: 'object',
      properties: {
        to: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
        body: { type: 'string', maxLength: 30 },
        isUrgent: { type: 'boolean' },
      },
      required: ['to'],
    },
    isStrict: true,
  };
  const tools = [mail];
  const dialect = { thoughts: null, calls: functionGemma };

  it('reads strings with everything but their own mark, lists, objects and booleans', () => {
    const parameters = `body:${q}a {b}, "c" <start_function${q},isUrgent:true,to:[{name:${q}Bo${q}},{name:${q}${q}}]`;
    const expected = { body: 'a {b}, "c" <start_function', isUrgent: true, to: [{ name: 'Bo' }, { name: '' }] };
    expect(read(dialect, call('mail', parameters), { tools }).calls).toEqual([{ name: 'mail', arguments: expected }]);
    expect(accepts(functionGemma, call('mail', parameters), { tools })).toBe(true);
  });

  it('asks for its own marks, and not for those of Gemma 4', () => {
    const template = "{{ tools }}{{ '<start_function_call>call:' + name + '{' + text + '}<end_function_call>' }}";
    expect(dialectOf(template).calls?.marks).toEqual(['<start_function_call>', '<end_function_call>', '<escape>']);
    expect(accepts(functionGemma, '<|tool_call>call:mail{to:[]}<tool_call|>', { tools })).toBe(true);
    expect(read(dialect, '<|tool_call>call:mail{to:[]}<tool_call|>', { tools }).calls).toEqual([]);
  });
});
