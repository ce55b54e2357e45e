import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

type Schema = Record<string, unknown>;

function problemOf(schema: Schema): unknown {
  try {
    return compileFormat({ type: 'json_schema', schema });
  } catch (error) {
    return error;
  }
}

/** A schema, texts that it allows, and texts that it does not. */
type Case = readonly [name: string, schema: Schema, yes: readonly string[], no: readonly string[]];

function check(cases: readonly Case[]): void {
  it.each(cases)('%s', (_, schema, yes, no) => {
    const matcher = new GrammarMatcher(compileFormat({ type: 'json_schema', schema }).rules);
    expect([...yes, ...no].filter((text) => matcher.match(text).accepted)).toEqual(yes);
  });
}

function checkNothing(schemas: readonly Schema[]): void {
  it.each(schemas.map((schema) => ({ schema })))('$schema', ({ schema }) => {
    expect(problemOf(schema)).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('no output can satisfy it') as string,
    });
  });
}

describe('a minimum above the maximum of another part of the schema allows nothing', () => {
  checkNothing([
    { allOf: [{ type: 'string', minLength: 5 }, { maxLength: 3 }] },
    { $ref: '#/$defs/long', maxLength: 3, $defs: { long: { type: 'string', minLength: 5 } } },
    { allOf: [{ type: 'array', minItems: 1 }, { maxItems: 0 }] },
    { allOf: [{ type: 'array', minItems: 3, prefixItems: [{ const: 1 }] }, { maxItems: 1 }] },
    { allOf: [{ type: 'array', minItems: 2, items: { type: 'boolean' }, uniqueItems: true }, { maxItems: 1 }] },
    { allOf: [{ type: 'object', minProperties: 1 }, { maxProperties: 0 }] },
    { allOf: [{ type: 'object', minProperties: 2, required: ['a', 'b'] }, { maxProperties: 1 }] },
    { allOf: [{ type: 'integer', minimum: 5 }, { maximum: 3 }] },
  ]);

  check([
    [
      'in an option of strings',
      { type: 'string', minLength: 5, anyOf: [{ maxLength: 3 }, { format: 'date' }] },
      ['"2024-02-29"'],
      ['"abcde"', '"abc"'],
    ],
    [
      'in an option of lists',
      { type: 'array', minItems: 3, items: { const: 1 }, anyOf: [{ maxItems: 1 }, { maxItems: 3 }] },
      ['[1,1,1]'],
      ['[1]', '[1,1]', '[1,1,1,1]'],
    ],
    [
      'for one of two types',
      { type: ['string', 'null'], allOf: [{ minLength: 2 }, { maxLength: 1 }] },
      ['null'],
      ['""', '"a"', '"ab"'],
    ],
  ]);
});

describe('a constant inside of another schema has to satisfy its other keywords', () => {
  const member = (schema: Schema): Schema => ({ type: 'object', properties: { a: schema }, required: ['a'] });
  checkNothing([
    member({ const: 5, type: 'string' }),
    member({ enum: ['abc'], maxLength: 2 }),
    { type: 'array', items: { const: 1, minimum: 2 }, minItems: 1 },
    { type: 'array', prefixItems: [{ const: 'a', pattern: 'b' }] },
  ]);
  check([
    ['if it does', member({ const: 5, type: 'integer', maximum: 5 }), ['{"a":5}'], ['{"a":6}']],
    [
      'of a property that may be left out',
      { type: 'object', properties: { a: { const: 1, type: 'null' } } },
      ['{}'],
      [],
    ],
  ]);

  it.each([
    member({ const: { b: 1 }, required: ['c'] }),
    { enum: [{}, { a: 1 }], minProperties: 1 },
    { enum: [{}, { a: 1 }], maxProperties: 0 },
    { enum: [[1, 1], [2]], uniqueItems: true },
  ])('%j is refused, because lists and objects are not compared with keywords', (schema) => {
    expect(problemOf(schema)).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('lists and objects in an enum cannot be constrained further') as string,
    });
  });
});

describe('numbers in an enum are compared with bounds whatever their digits', () => {
  check([
    ['a large integer', { type: 'integer', enum: [1e20, 0.5] }, ['100000000000000000000'], ['0.5']],
    [
      'many decimals',
      { enum: [1, 0.30000000000000004, -1], exclusiveMinimum: 0 },
      ['1', '0.30000000000000004'],
      ['-1'],
    ],
    ['multiples', { enum: [0.3, 0.35, 1e21, 7], multipleOf: 0.1 }, ['0.3', '1e+21', '7'], ['0.35']],
    ['inclusive bounds', { enum: [1, 2, 3, 4], minimum: 2, maximum: 3 }, ['2', '3'], ['1', '4']],
    ['exclusive bounds', { enum: [1, 2, 3], exclusiveMinimum: 1, exclusiveMaximum: 3 }, ['2'], ['1', '3']],
  ]);
});

// As LiteLLM sends it.
describe('a reference without its "#" is one to the same document', () => {
  const $defs = { mood: { enum: ['calm', 'stormy'] } };
  check([['a definition', { $ref: '/$defs/mood', $defs }, ['"calm"', '"stormy"'], ['"x"', '1']]]);
});

describe('an option that leads back to its own schema adds nothing', () => {
  check([
    ['the root', { anyOf: [{ type: 'string', maxLength: 1 }, { $ref: '#' }] }, ['"a"'], ['1', 'null', '"ab"']],
    [
      'two definitions that name each other',
      {
        $ref: '#/$defs/a',
        $defs: {
          a: { anyOf: [{ const: 1 }, { $ref: '#/$defs/b' }] },
          b: { oneOf: [{ const: 2 }, { $ref: '#/$defs/a' }] },
        },
      },
      ['1', '2'],
      ['3', '"x"'],
    ],
    [
      'by way of allOf',
      { anyOf: [{ type: 'null' }, { allOf: [{ $ref: '#' }, { description: 'again' }] }] },
      ['null'],
      ['1', '{}'],
    ],
    [
      'with the same definition beside it',
      {
        allOf: [{ $ref: '#/$defs/a' }, { anyOf: [{ $ref: '#/$defs/a' }, { const: 1 }] }],
        $defs: { a: { anyOf: [{ const: 2 }, { const: 3 }] } },
      },
      ['2', '3'],
      ['1'],
    ],
    [
      'names of properties',
      {
        type: 'object',
        additionalProperties: { const: 1 },
        propertyNames: { $ref: '#/$defs/n' },
        $defs: { n: { anyOf: [{ const: 'a' }, { $ref: '#/$defs/n' }] } },
      },
      ['{"a":1}', '{}'],
      ['{"b":1}'],
    ],
  ]);
  checkNothing([
    { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } } },
    {
      allOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }],
      $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { anyOf: [{ $ref: '#/$defs/a' }] } },
    },
  ]);
});

describe('an option that leads back to its own schema, and adds something', () => {
  it('is refused, with its place: checking a value would never end', () => {
    const schema = {
      $ref: '#/$defs/pet',
      $defs: {
        pet: { type: 'object', properties: { kind: { type: 'string' } }, oneOf: [{ $ref: '#/$defs/cat' }] },
        cat: { allOf: [{ $ref: '#/$defs/pet' }, { properties: { lives: { type: 'integer' } } }] },
      },
    };
    expect(problemOf(schema)).toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/\/\$defs\/pet.*refers to itself/) as string,
    });
  });
});

describe('an option that leads back to its own schema, and adds nothing', () => {
  check([
    [
      'but annotations',
      {
        anyOf: [
          { type: 'string', maxLength: 1 },
          { $ref: '#', deprecated: true, 'x-note': 'again' },
          { allOf: [{ $ref: '#' }, true] },
        ],
      },
      ['"a"'],
      ['1', '"ab"'],
    ],
  ]);
});

describe('schemas with many ways to go', () => {
  it('are refused soon: names with alternatives that lead to each other', () => {
    const names = Array.from({ length: 14 }, (_, index) => `n${index}`);
    const options = (own: string): Schema[] =>
      names.filter((name) => name !== own).map((name) => ({ $ref: `#/$defs/${name}` }));
    const $defs = Object.fromEntries(names.map((name) => [name, { anyOf: options(name) }]));
    const schema = { type: 'object', propertyNames: { $ref: '#/$defs/n0' }, $defs };
    expect(problemOf(schema)).toMatchObject({ code: 'grammar_too_complex' });
  });

  it('are refused soon: a set of many values', () => {
    const values = Array.from({ length: 44_000 }, (_, index) => index);
    expect(problemOf({ type: 'array', uniqueItems: true, items: { enum: values } })).toMatchObject({
      code: 'grammar_too_complex',
      message: expect.stringContaining('a set of 44000 values') as string,
    });
  });
});

describe('sets and names', () => {
  check([
    [
      'a value that is listed twice is one value',
      { type: 'array', items: { enum: ['a', 'a', 'b'] }, uniqueItems: true, minItems: 2 },
      ['["a","b"]', '["b","a"]'],
      ['["a","a"]'],
    ],
    [
      'propertyNames with alternatives beside other keywords',
      {
        type: 'object',
        propertyNames: { maxLength: 3, anyOf: [{ enum: ['abcd', 'abc'] }, { const: 'x' }] },
        additionalProperties: { const: 1 },
      },
      ['{"abc":1}', '{"x":1}', '{}'],
      ['{"abcd":1}', '{"y":1}'],
    ],
    [
      'propertyNames with two lists',
      {
        type: 'object',
        propertyNames: { allOf: [{ anyOf: [{ enum: ['a', 'b'] }] }, { anyOf: [{ enum: ['b', 'c'] }] }] },
        additionalProperties: { const: 1 },
      },
      ['{"b":1}', '{}'],
      ['{"a":1}', '{"c":1}'],
    ],
  ]);
  checkNothing([{ type: 'array', items: { enum: ['a', 'a'] }, uniqueItems: true, minItems: 2 }]);
});

describe('multipleOf', () => {
  check([
    ['1000', { type: 'integer', multipleOf: 1000 }, ['0', '1000', '-25000'], ['1', '100', '1500', '999']],
    ['250', { type: 'integer', multipleOf: 250 }, ['0', '250', '1500', '-750'], ['125', '25', '1600']],
    ['3600', { type: 'integer', multipleOf: 3600, minimum: 1 }, ['3600', '86400'], ['0', '1800', '3601']],
    [
      'with the bounds of safe integers',
      { type: 'integer', multipleOf: 60, minimum: -9007199254740991, maximum: 9007199254740991 },
      ['0', '-60', '3600'],
      ['30', '61'],
    ],
    ['0.05', { type: 'number', multipleOf: 0.05 }, ['0.05', '1.5', '2', '0.10'], ['0.01', '0.051']],
    ['10000000', { type: 'integer', multipleOf: 10_000_000 }, ['0', '30000000'], ['3000000']],
  ]);

  it('is named where it needs too many rules', () => {
    const schema = { type: 'object', properties: { a: { allOf: [{ type: 'integer' }, { multipleOf: 99_991 }] } } };
    expect(problemOf(schema)).toMatchObject({
      code: 'grammar_too_complex',
      message: expect.stringContaining(
        'at /properties/a/allOf/1/multipleOf is too complex: a range of numbers needs more than',
      ) as string,
    });
  });

  it('is named where it has too many digits', () => {
    expect(problemOf({ allOf: [{ type: 'integer' }, { multipleOf: 123_456_789 }] })).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('/allOf/1/multipleOf cannot be used: 123456789 has too many digits') as string,
    });
  });
});

describe('not', () => {
  check([['of everything', { anyOf: [{ type: 'null' }, { not: {} }, { not: true }] }, ['null'], ['1']]]);
  checkNothing([{ not: {} }, { type: 'object', properties: { a: { not: {} } }, required: ['a'] }]);
});
