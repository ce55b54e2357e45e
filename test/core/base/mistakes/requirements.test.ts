import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { requirement } from '../../../../src/core/base/mistakes/requirements.js';

/** What is wrong with a value in the words of a requirement. */
function said(schema: object, value: unknown): string | null {
  const validate = new Ajv({ strict: false }).compile(schema);
  expect(validate(value)).toBe(false);
  const issues = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'anyOf');
  const [issue] = issues;
  return issue === undefined ? null : requirement(issue, issues);
}

describe('what a value must be', () => {
  it.each<[schema: object, value: unknown, words: string]>([
    [{ type: 'string' }, 5, 'must be a string'],
    [{ type: ['integer', 'null'] }, '', 'must be a whole number or null'],
    [{ type: 'boolean' }, 0, 'must be true or false'],
    [{ type: 'object' }, [], 'must be an object'],
    [{ const: 'function' }, 5, 'must be "function"'],
    [{ enum: ['a'] }, 'b', 'must be "a"'],
    [{ enum: ['a', 'b', 3] }, 'c', 'must be "a", "b" or 3'],
    [{ anyOf: [{ type: 'string' }, { type: 'array' }, { const: false }] }, 5, 'must be a string, an array or false'],
    [{ anyOf: [{ type: 'number' }, { type: 'number' }] }, '5', 'must be a number'],
    [{ minimum: 1 }, 0.5, 'must be at least 1'],
    [{ maximum: 2 }, 3, 'must be at most 2'],
    [{ exclusiveMinimum: 0 }, 0, 'must be greater than 0'],
    [{ exclusiveMaximum: 1 }, 1, 'must be less than 1'],
    [{ multipleOf: 0.5 }, 0.7, 'must be a multiple of 0.5'],
    [{ minLength: 1 }, '', 'must not be empty'],
    [{ minLength: 2 }, '', 'must have at least 2 characters'],
    [{ maxLength: 1 }, 'ab', 'must have at most 1 character'],
    [{ minItems: 1 }, [], 'must not be empty'],
    [{ minItems: 3 }, [], 'must have at least 3 items'],
    [{ maxItems: 1 }, [1, 2], 'must have at most 1 item'],
    [{ minProperties: 2 }, {}, 'must have at least 2 members'],
    [{ maxProperties: 0 }, { a: 1 }, 'must have at most 0 members'],
    [{ uniqueItems: true }, [1, 1], 'must have each item once'],
  ])('by the schema %j, which %j does not meet', (schema, value, words) => {
    expect(said(schema, value)).toBe(words);
  });

  it.each([
    [{ required: ['a'] }, {}],
    [{ pattern: '^a' }, 'b'],
  ])('is nothing that could be said in words: %j', (schema, value) => {
    expect(said(schema, value)).toBeNull();
  });
});
