import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';

function problemOf(schema: Record<string, unknown>): unknown {
  try {
    return compileFormat({ type: 'json_schema', schema });
  } catch (error) {
    return error;
  }
}

describe('what cannot be enforced is refused, naming keyword and place', () => {
  it.each([
    [{ properties: { a: { not: { type: 'null' } } } }, '/properties/a/not cannot be used: "not"'],
    [{ if: {} }, '/if cannot be used'],
    [{ type: 'array', contains: {} }, '/contains cannot be used'],
    [{ dependentRequired: {} }, '/dependentRequired cannot be used'],
    [{ unevaluatedProperties: false }, '/unevaluatedProperties cannot be used'],
    [{ type: 'string', pattern: '\\ba' }, '/pattern cannot be used: the regular expression is not supported: "\\b"'],
    [{ type: 'array', items: { type: 'string' }, uniqueItems: true }, '/uniqueItems cannot be used'],
    [{ type: 'object', minProperties: 2 }, '/minProperties cannot be used'],
    [{ type: 'integer', multipleOf: 123456789 }, '/multipleOf cannot be used'],
    [{ $ref: 'https://example.com/a' }, '/$ref cannot be used: only references like'],
    [{ enum: [[1]], minItems: 2 }, 'lists and objects in an enum'],
  ])('%j', (schema, problem) => {
    expect(problemOf(schema)).toMatchObject({
      code: 'invalid_request',
      param: 'response_format',
      message: expect.stringContaining(problem) as string,
    });
  });
});

describe('what is wrong is refused, naming keyword and place', () => {
  it.each([
    [{ type: [] }, '/type cannot be used: a list of types must not be empty'],
    [{ type: 'date' }, '/type cannot be used: the type "date" is unknown'],
    [{ items: { type: ['string', 7] } }, '/items/type cannot be used: the type 7 is unknown'],
    [{ properties: { 'a/b': 1 } }, '/properties/a~1b cannot be used: a schema must be'],
    [{ enum: [] }, '/enum cannot be used'],
    [{ anyOf: [] }, '/anyOf cannot be used'],
    [{ required: 'a' }, '/required cannot be used'],
    [{ type: 'string', minLength: -1 }, '/minLength cannot be used: it must be a whole number'],
    [{ type: 'array', minItems: 3, maxItems: 2 }, '/maxItems cannot be used: maxItems is less than minItems'],
    [{ minimum: '1' }, '/minimum cannot be used: it must be a number'],
    [{ pattern: 1 }, '/pattern cannot be used: it must be a string'],
    [{ type: 'string', pattern: '(' }, '/pattern cannot be used'],
    [{ $ref: '#/$defs/a' }, '/$ref cannot be used: there is nothing at'],
    [{ $ref: '#' }, 'it refers to itself'],
    [
      { $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } } },
      '/$defs/a cannot be used: it refers to itself',
    ],
    [{ type: 'object', properties: { a: false }, required: ['a'] }, 'no output can satisfy it'],
    [{ type: 'integer', enum: ['a'] }, 'no output can satisfy it'],
    [{ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }, 'no output can satisfy it'],
  ])('%j', (schema, problem) => {
    expect(problemOf(schema)).toMatchObject({
      code: 'invalid_request',
      param: 'response_format',
      message: expect.stringContaining(problem) as string,
    });
  });
});
