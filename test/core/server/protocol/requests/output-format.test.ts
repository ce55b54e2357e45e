import { describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../../../../src/core/engine/output-format.js';
import { outputFormat } from '../../../../../src/core/server/protocol/requests/output-format.js';
import type { GenerationParameters } from '../../../../../src/core/server/schemas/completions/completion-requests.js';

const schema = { type: 'object', properties: { a: { type: 'number' } } };
const asText = JSON.stringify(schema);

describe('the format of an answer', () => {
  it.each<[GenerationParameters, OutputFormat]>([
    [{ response_format: { type: 'json_object' } }, { type: 'json_object', param: 'response_format' }],
    [{ response_format: { type: 'json_object', schema: {} } }, { type: 'json_object', param: 'response_format' }],
    [{ response_format: { type: 'json_object', schema } }, { type: 'json_schema', schema, param: 'response_format' }],
    [{ response_format: { type: 'json_schema', schema } }, { type: 'json_schema', schema, param: 'response_format' }],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } },
      { type: 'json_schema', schema, param: 'response_format' },
    ],
    [{ json_schema: schema }, { type: 'json_schema', schema, param: 'json_schema' }],
    [{ json_schema: asText }, { type: 'json_schema', schema, param: 'json_schema' }],
    [{ json_schema: {} }, { type: 'json_schema', schema: {}, param: 'json_schema' }],
    [{ grammar: 'root ::= "a"' }, { type: 'grammar', grammar: 'root ::= "a"', param: 'grammar' }],
    [{ ebnf: 'root ::= "a"' }, { type: 'grammar', grammar: 'root ::= "a"', param: 'ebnf' }],
    [{ regex: 'a+' }, { type: 'regex', regex: 'a+', param: 'regex' }],
    [{ structured_outputs: { json: schema } }, { type: 'json_schema', schema, param: 'structured_outputs.json' }],
    [{ structured_outputs: { json: asText } }, { type: 'json_schema', schema, param: 'structured_outputs.json' }],
    [{ structured_outputs: { json_object: true } }, { type: 'json_object', param: 'structured_outputs.json_object' }],
    [
      { structured_outputs: { choice: ['a', 'b'] } },
      { type: 'choice', choices: ['a', 'b'], param: 'structured_outputs.choice' },
    ],
    [{ structured_outputs: { regex: 'a+' } }, { type: 'regex', regex: 'a+', param: 'structured_outputs.regex' }],
    [
      { structured_outputs: { grammar: 'root ::= "a"' } },
      { type: 'grammar', grammar: 'root ::= "a"', param: 'structured_outputs.grammar' },
    ],
    [{ guided_json: asText }, { type: 'json_schema', schema, param: 'guided_json' }],
    [{ guided_choice: ['a'] }, { type: 'choice', choices: ['a'], param: 'guided_choice' }],
    [{ guided_regex: 'a+' }, { type: 'regex', regex: 'a+', param: 'guided_regex' }],
    [{ guided_grammar: 'root ::= "a"' }, { type: 'grammar', grammar: 'root ::= "a"', param: 'guided_grammar' }],
    [{ format: 'json' }, { type: 'json_object', param: 'format' }],
    [{ format: schema }, { type: 'json_schema', schema, param: 'format' }],
  ])('with %j is %j', (body, expected) => {
    expect(outputFormat(body)).toEqual(expected);
  });

  it.each([
    {},
    { response_format: { type: 'text' } },
    { response_format: null, json_schema: null, grammar: null, regex: null, structured_outputs: null, format: null },
    { json_schema: '', grammar: '', ebnf: '', regex: '', guided_json: '', format: '' },
    { structured_outputs: {} },
    { structured_outputs: { json_object: false, choice: null } },
  ] as const)('with %j is text', (body) => {
    expect(outputFormat(body)).toEqual({ type: 'text' });
  });

  it('may be asked for twice', () => {
    const body = { response_format: { type: 'json_object', schema }, guided_json: asText, format: schema } as const;
    expect(outputFormat(body)).toEqual({ type: 'json_schema', schema, param: 'response_format' });
    expect(outputFormat({ response_format: { type: 'text' }, regex: 'a' })).toMatchObject({ type: 'regex' });
  });

  it.each<[string, string, GenerationParameters]>([
    ['response_format', 'grammar', { response_format: { type: 'json_object' }, grammar: 'root ::= "a"' }],
    ['json_schema', 'grammar', { json_schema: schema, grammar: 'root ::= "a"' }],
    ['guided_json', 'format', { guided_json: schema, format: 'json' }],
    ['structured_outputs.choice', 'structured_outputs.regex', { structured_outputs: { choice: ['a'], regex: 'a' } }],
  ])('cannot be that of both "%s" and "%s"', (one, other, body) => {
    expect(() => outputFormat(body)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        param: other,
        message: `"${one}" and "${other}" ask for different formats of the answer.`,
      }) as Error,
    );
  });

  it.each([
    [
      'many different names',
      `{"properties":{${Array.from({ length: 22_000 }, (_, index) => `"${index}":{}`).join()}}}`,
    ],
    ['many lists', `{"enum":[${'[],'.repeat(50_000)}0]}`],
    ['many strings', JSON.stringify({ enum: Array.from({ length: 60_000 }, (_, index) => index.toString(36)) })],
  ])('is refused for a schema as a text with %s, without parsing it', (_name, text) => {
    expect(() => outputFormat({ guided_json: text })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        param: 'guided_json',
        message: expect.stringContaining('too large') as string,
      }),
    );
  });

  it.each(['json_schema', 'guided_json'])('is refused for a %s that is not the text of a schema', (param) => {
    for (const text of ['{', '7', '[]', 'null', '"a"']) {
      expect(() => outputFormat({ [param]: text })).toThrow(
        expect.objectContaining({ code: 'invalid_request', param }) as Error,
      );
    }
  });
});

describe('a JSON schema', () => {
  function nested(levels: number): Record<string, unknown> {
    let inner: Record<string, unknown> = {};
    for (let level = 1; level < levels; level += 1) inner = { items: inner };
    return inner;
  }

  it('may have 256 levels', () => {
    expect(() => outputFormat({ format: nested(256) })).not.toThrow();
  });

  it.each([257, 300, 100_000])('may not have %d levels', (levels) => {
    for (const [param, body] of [
      ['response_format', { response_format: { type: 'json_schema', json_schema: { schema: nested(levels) } } }],
      ['format', { format: nested(levels) }],
    ] as const) {
      expect(() => outputFormat(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }) as Error);
    }
  });
});
