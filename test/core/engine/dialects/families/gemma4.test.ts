import { describe, expect, it } from 'vitest';
import { gemma4 } from '../../../../../src/core/engine/dialects/families/gemma4.js';
import type { Tool } from '../../../../../src/core/engine/output-format.js';
import { accepts, read } from '../harness.js';
import { testSyntax } from '../syntax-tests.js';

const call = (name: string, parameters: string): string => `<|tool_call>call:${name}{${parameters}}<tool_call|>`;
const q = '<|"|>';
const oslo = call('get_weather', `city:${q}Oslo${q},days:3`);
const sum = call('add', 'a:1,b:-2.5');

testSyntax(gemma4, { oslo, sum, both: oslo + sum, now: call('now', ''), days: ',days:3', b: ',b:-2.5' });

describe('Gemma 4', () => {
  const mail: Tool = {
    name: 'mail',
    parameters: {
      type: 'object',
      properties: {
        to: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
        Body: { type: 'string', maxLength: 8 },
        kind: { enum: ['a', 'b', null] },
        flags: { type: 'object', additionalProperties: { type: 'boolean' } },
      },
      required: ['to'],
    },
    isStrict: true,
  };
  const tools = [mail];
  const dialect = { thoughts: null, calls: gemma4 };

  it.each([
    [
      `Body:${q}a "{b}" \\n\n:,${q},flags:{x:true,y:false},kind:null,to:[{name:${q}Bo${q}},{name:${q}${q}}]`,
      {
        Body: 'a "{b}" \\n\n:,',
        flags: { x: true, y: false },
        kind: null,
        to: [{ name: 'Bo' }, { name: '' }],
      },
    ],
    [`to: [ {${q}name${q}: "J\\"o"} ], kind: a b, flags: None`, { to: [{ name: 'J"o' }], kind: 'a b', flags: null }],
  ])('reads %j', (parameters, expected) => {
    expect(read(dialect, call('mail', parameters), { tools }).calls).toEqual([{ name: 'mail', arguments: expected }]);
  });

  it.each([
    [true, `Body:${q}a "{b}"\n${q},flags:{x:true,y:false},kind:null,to:[{name:${q}Bo${q}},{name:${q}${q}}]`],
    [true, `kind:${q}b${q},to:[]`],
    [false, `to:[],kind:${q}b${q}`],
    [false, `Body:${q}123456789${q},to:[]`],
    [false, `Body:${q}a${q}b${q},to:[]`],
    [false, `kind:${q}c${q},to:[]`],
    [false, `to:["name"]`],
    [false, `flags:{x:1},to:[]`],
  ])('says %s to %j', (isAllowed, parameters) => {
    expect(accepts(gemma4, call('mail', parameters), { tools })).toBe(isAllowed);
  });

  it('refuses names that would need quotation marks, unless the tool is not strict', () => {
    const odd = { name: 'mail', parameters: { type: 'object', properties: { 'a:b': {} } }, isStrict: true };
    expect(() => accepts(gemma4, '', { tools: [odd] })).toThrow(/cannot write the name "a:b"/);
    expect(accepts(gemma4, call('mail', 'x:1'), { tools: [{ ...odd, isStrict: false }] })).toBe(true);
  });
});
