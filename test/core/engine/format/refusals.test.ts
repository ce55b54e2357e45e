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
    [{ $ref: '/schemas/a' }, '/$ref cannot be used: only references like'],
    [{ $ref: '' }, '/$ref cannot be used: only references like'],
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
  ])('%j', (schema, problem) => {
    expect(problemOf(schema)).toMatchObject({
      code: 'invalid_request',
      param: 'response_format',
      message: expect.stringContaining(problem) as string,
    });
  });
});

describe('what no output can satisfy is refused, naming the keywords that contradict each other', () => {
  const part = { allOf: [{ type: 'string', minLength: 5 }, { maxLength: 3 }] };

  it.each([
    [{ type: 'object', properties: { a: false }, required: ['a'] }, ' at /properties/a', ''],
    [{ properties: { a: false, b: part }, required: ['b'] }, ' at /properties/b/allOf/0/minLength', '/maxLength'],
    [{ type: 'array', items: { not: {} }, minItems: 1 }, ' at /items/not', ''],
    [{ type: 'integer', enum: ['a'] }, ' at /enum', ' together with /type'],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, ' at /allOf/0/type', ' together with /allOf/1/type'],
    [{ type: 'integer', minimum: 1.2, maximum: 1.8 }, ' at /minimum', ' together with /maximum, /type'],
    [part, ' at /allOf/0/minLength', ' together with /allOf/1/maxLength'],
    [{ anyOf: [false, { items: part, minItems: 1 }] }, ' at /anyOf/1/items/allOf/0/minLength', 'maxLength'],
    [{ type: 'object', propertyNames: { enum: ['a'] }, required: ['b'] }, ' at /propertyNames', ''],
    [{ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }, ' at /required', ' /properties'],
  ])('%j', (schema, place, others) => {
    const problem = problemOf(schema);
    expect(problem).toMatchObject({ code: 'invalid_request', param: 'response_format' });
    const { message } = problem as Error;
    expect(message).toContain(`${place} cannot be used: no output can satisfy it`);
    expect(message.slice(message.indexOf(' it') + 3)).toContain(others);
  });
});
