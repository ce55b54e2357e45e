import { describe, expect, it } from 'vitest';
import { grammarSchema } from '../../../../src/core/engine/llama/json-schema.js';

function problem(schema: Record<string, unknown>): string {
  try {
    grammarSchema(schema);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_request', param: 'response_format' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('it was accepted');
}

describe('grammarSchema', () => {
  it('passes on what the library supports, without descriptions', () => {
    const schema = {
      type: 'object',
      title: 'Pet',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 9, description: 'what it is called' },
        kind: { enum: ['cat', null] },
        born: { type: 'string', format: 'date' },
        legs: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 4 },
        mother: { $ref: '#/$defs/name' },
      },
      required: ['name'],
      additionalProperties: false,
      $defs: { name: { const: 'x' } },
    };
    expect(grammarSchema(schema)).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 9 },
        kind: { enum: ['cat', null] },
        born: { type: 'string', format: 'date' },
        legs: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 4 },
        mother: { $ref: '#/$defs/name' },
      },
      additionalProperties: false,
      $defs: { name: { const: 'x' } },
    });
  });

  it('turns anyOf and lists of types into alternatives', () => {
    expect(grammarSchema({ anyOf: [{ type: 'null' }, { type: 'string' }] })).toEqual({
      oneOf: [{ type: 'null' }, { type: 'string' }],
    });
    expect(grammarSchema({ type: ['integer', 'null'] })).toEqual({ oneOf: [{ type: 'integer' }, { type: 'null' }] });
  });

  it('allows any properties for an object without properties', () => {
    expect(grammarSchema({ type: 'object' })).toEqual({ type: 'object', additionalProperties: true });
  });

  it('allows any value for an empty schema', () => {
    expect(grammarSchema({})).toHaveProperty('oneOf');
    expect(grammarSchema({ type: 'array', items: true })).toHaveProperty('items.oneOf');
  });

  it.each([
    [{ type: 'string', pattern: 'a' }, '"pattern" is not supported'],
    [{ type: 'integer', minimum: 1 }, '"minimum" is not supported'],
    [{ allOf: [{ type: 'string' }] }, '"allOf" is not supported'],
    [{ type: 'object', properties: { a: { not: {} } } }, 'at /properties/a cannot be used: "not"'],
    [{ type: 'array', items: { type: 'date' } }, 'at /items cannot be used: the type "date" is unknown'],
    [{ type: 'string', format: 'email' }, 'date-time, time, date'],
    [{ type: 'string', minLength: -1 }, 'minLength must be a whole number'],
    [{ type: 'array', minItems: 3, maxItems: 2 }, 'maxItems is less than minItems'],
    [{ type: 'object', properties: {}, required: ['a'] }, 'required names "a"'],
    [{ enum: [] }, 'at /enum cannot be used'],
    [{ enum: [{}] }, 'only strings, numbers'],
    [{ $ref: '#' }, '$ref must name one'],
    [{ $ref: '#/$defs/a', $defs: { b: {} } }, '$ref must name one'],
    [{ oneOf: 'string' }, 'must be a list'],
    [{ type: 'object', properties: { a: false } }, 'a schema must be an object'],
  ])('refuses %j', (schema, reason) => {
    expect(problem(schema)).toContain(reason);
  });
});
