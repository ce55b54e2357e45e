import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

type Schema = Record<string, unknown>;

/** Which of the texts the grammar of a schema allows. */
function allowed(schema: Schema, texts: readonly string[]): string[] {
  const matcher = new GrammarMatcher(compileFormat({ type: 'json_schema', schema }).rules);
  return texts.filter((text) => matcher.match(text).accepted);
}

/** A keyword: a schema, texts that it allows, and texts that it does not. */
type Case = readonly [name: string, schema: Schema, yes: readonly string[], no: readonly string[]];

function check(cases: readonly Case[]): void {
  it.each(cases)('%s', (_, schema, yes, no) => {
    expect(allowed(schema, [...yes, ...no])).toEqual(yes);
  });
}

describe('a number', () => {
  check([
    ['integer', { type: 'integer' }, ['0', '-7', '123456789012345678'], ['-0', '01', '1.0', '5e3', '+1', '-']],
    ['number', { type: 'number' }, ['0', '-0.5', '1e-7', '2.5E+10', '1e307'], ['1e999', '.5', '1.', '01', '1e400']],
    ['minimum', { type: 'integer', minimum: -12 }, ['-12', '0', '99'], ['-13', '-100']],
    ['maximum', { type: 'integer', maximum: 120 }, ['120', '99', '-999'], ['121', '200', '1000']],
    ['both', { type: 'integer', minimum: 95, maximum: 105 }, ['95', '99', '100', '105'], ['94', '106', '9', '950']],
    ['exclusive', { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 3 }, ['1', '2'], ['0', '3', '-1']],
    ['draft 4', { type: 'integer', minimum: 0, exclusiveMinimum: true }, ['1'], ['0']],
    [
      'fractions',
      { type: 'number', minimum: 0.25, maximum: 1.5 },
      ['0.25', '1', '1.5', '1.50', '0.3'],
      ['0.2', '1.51', '2'],
    ],
    ['exclusive fractions', { type: 'number', exclusiveMinimum: 0 }, ['0.01', '7'], ['0', '0.0', '-1']],
    ['bounds that are no integers', { type: 'integer', minimum: 1.5, exclusiveMaximum: 3.5 }, ['2', '3'], ['1', '4']],
    ['multipleOf', { type: 'integer', multipleOf: 6 }, ['0', '12', '-6', '600'], ['3', '13']],
    ['multipleOf a fraction', { type: 'number', multipleOf: 0.25 }, ['0.25', '1.5', '2', '1.50'], ['0.3', '0.255']],
    ['the safe integers', { type: 'integer', maximum: 2 ** 53 - 1 }, ['9007199254740991'], ['9007199254740992']],
  ]);
});

describe('a string', () => {
  const many = 'x'.repeat(2500);
  check([
    [
      'any',
      { type: 'string' },
      ['""', String.raw`"\n\u00e9\ud83d\ude00\/"`, '"é😀\u007f"'],
      ['"\n"', '"\\x"', '"\\ud83d"'],
    ],
    [
      'length',
      { type: 'string', minLength: 1, maxLength: 2 },
      ['"😀😀"', String.raw`"\ud83d\ude00a"`],
      ['""', '"abc"'],
    ],
    ['a long length', { type: 'string', maxLength: 2500 }, [`"${many}"`, '""'], [`"${many}x"`]],
    ['a long minimum', { type: 'string', minLength: 2500 }, [`"${many}"`, `"${many}x"`], ['"x"']],
    ['pattern', { type: 'string', pattern: '^a+$' }, ['"aa"'], ['"ab"', '""']],
    ['unanchored pattern', { type: 'string', pattern: 'a"' }, [String.raw`"xa\"\n"`], ['"xa"']],
    ['pattern and length', { type: 'string', pattern: '^a', maxLength: 3 }, ['"abc"'], ['"abcd"', '"b"']],
    ['two patterns', { allOf: [{ type: 'string', pattern: 'a' }, { pattern: 'b' }] }, ['"ab"', '"b-a"'], ['"a"']],
    [
      'date',
      { type: 'string', format: 'date' },
      ['"2024-02-29"', '"0001-01-01"', '"0004-02-29"', '"9999-12-31"'],
      ['"2023-02-29"', '"2024-13-01"', '"0000-01-01"', '"0000-02-29"'],
    ],
    [
      'date-time',
      { type: 'string', format: 'date-time' },
      ['"0001-01-01T00:00:00Z"', '"1000-01-01T00:00:00Z"'],
      ['"0000-01-01T00:00:00Z"'],
    ],
    [
      'duration',
      { type: 'string', format: 'duration' },
      ['"PT0S"', '"P99999999W"', '"P999999Y9999999M99999999DT99999H9999999M999999999S"'],
      ['"P"', '"P1DT"', '"P1000000Y"', '"PT100000H"', '"P100000000W"'],
    ],
    ['a format that is an annotation', { type: 'string', format: 'color' }, ['"x"'], ['1']],
    [
      'a pattern of another dialect',
      { type: 'string', format: 'time', pattern: '^\\d\\d:\\d\\d$' },
      ['"12:30"'],
      ['"1"'],
    ],
  ]);
});

describe('a list', () => {
  check([
    [
      'items',
      { type: 'array', items: { type: 'null' } },
      ['[]', '[null, null]', '[\n  null\n]'],
      ['[1]', '[null,]', '[  null]'],
    ],
    ['length', { type: 'array', items: { type: 'null' }, minItems: 1, maxItems: 2 }, ['[null]', '[null,null]'], ['[]']],
    ['prefixItems', { type: 'array', prefixItems: [{ const: 1 }, { const: 2 }] }, ['[1,2]'], ['[1]', '[1,2,3]']],
    [
      'the rest of a tuple',
      { type: 'array', prefixItems: [{ const: 1 }], items: { const: 2 } },
      ['[1]', '[1,2,2]'],
      ['[2]'],
    ],
    ['items as a list', { type: 'array', items: [{ const: 1 }], additionalItems: { const: 2 } }, ['[1,2]'], ['[1,1]']],
    ['a set', { type: 'array', items: { enum: ['a', 'b'] }, uniqueItems: true }, ['["b","a"]', '[]'], ['["a","a"]']],
    [
      'unique booleans',
      { type: 'array', items: { type: 'boolean' }, uniqueItems: true },
      ['[true,false]'],
      ['[true,true]'],
    ],
    [
      'a large set',
      { type: 'array', items: { enum: [1, 2, 3, 4, 5, 6, 7] }, uniqueItems: true },
      ['[1,7]'],
      ['[7,1]', '[1,1]'],
    ],
    [
      'one unique item',
      { type: 'array', items: { type: 'string' }, uniqueItems: true, maxItems: 1 },
      ['["a"]'],
      ['["a","b"]'],
    ],
  ]);
});

describe('an object', () => {
  const ab = { a: { const: 1 }, b: { const: 2 } };
  const named = { type: 'object', properties: { a: { const: 1 }, ab: { const: 2 } }, required: ['a'] };
  check([
    [
      'properties',
      { type: 'object', properties: ab },
      ['{}', '{"a": 1}', '{"b":2}', '{"a":1,"b":2}'],
      ['{"b":2,"a":1}', '{"c":1}'],
    ],
    ['required', { type: 'object', properties: ab, required: ['b'] }, ['{"b":2}', '{"a":1,"b":2}'], ['{}', '{"a":1}']],
    ['required, not named', { type: 'object', required: ['x'] }, ['{"x":[]}'], ['{}', '{"y":1}']],
    [
      'additionalProperties',
      { ...named, additionalProperties: { type: 'null' } },
      ['{"a":1}', '{"a":1,"b":null}', '{"a":1,"ab":2,"":null}'],
      [
        '{"a":1,"a":null}',
        '{"a":1,"ab":null}',
        String.raw`{"a":1,"\u0061b":null}`,
        '{"b":null,"a":1}',
        '{"a":1,"b":1}',
      ],
    ],
    ['propertyNames', { type: 'object', propertyNames: { pattern: '^x' } }, ['{"xy":1}'], ['{"y":1}']],
    [
      'listed names',
      { type: 'object', propertyNames: { enum: ['p'] }, additionalProperties: { const: 1 } },
      ['{"p":1}', '{}'],
      ['{"q":1}', '{"p":1,"p":1}'],
    ],
    [
      'patternProperties',
      { type: 'object', patternProperties: { '^x': { const: 1 }, y$: { type: 'integer' } } },
      ['{"x":1,"y":5,"xy":1}'],
      ['{"xy":5}', '{"z":1}'],
    ],
    [
      'counts',
      { type: 'object', additionalProperties: true, minProperties: 1, maxProperties: 2 },
      ['{"a":1}'],
      ['{}', '{"a":1,"b":1,"c":1}'],
    ],
    [
      'counts of named ones',
      { type: 'object', properties: { ...ab, c: {} }, minProperties: 2, maxProperties: 2 },
      ['{"a":1,"c":0}'],
      ['{"a":1}', '{"a":1,"b":2,"c":0}'],
    ],
    [
      'strange names',
      JSON.parse('{"type":"object","properties":{"__proto__":{"const":1},"\\n\\"":{"const":2}}}') as Schema,
      ['{"__proto__":1}', String.raw`{"\n\"":2}`],
      ['{"\n"":2}'],
    ],
    [
      'a property that may not be',
      { type: 'object', properties: { a: false, b: { const: 2 } } },
      ['{"b":2}', '{}'],
      ['{"a":1}'],
    ],
  ]);
});

describe('combinations', () => {
  const shapes = [
    { type: 'object', properties: { kind: { const: 'a' }, size: { const: 1 } }, required: ['kind'] },
    { type: 'object', properties: { kind: { const: 'b' }, text: { const: 'x' } }, required: ['kind', 'text'] },
  ];
  const tree = { anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#' } }] };
  check([
    [
      'enum',
      { enum: ['a', 1, null, { b: [2] }, '\u0001"'] },
      ['"a"', '1', 'null', '{"b": [2]}', String.raw`"\u0001\""`],
      ['"b"', '{"b":[3]}'],
    ],
    ['enum and type', { type: 'string', enum: ['a', 1], minLength: 1 }, ['"a"'], ['1']],
    ['const', { const: { a: [1, 'x'] } }, ['{"a":[1,"x"]}', '{ "a": [ 1, "x" ] }'], ['{}']],
    ['types', { type: ['integer', 'null'] }, ['1', 'null'], ['"1"']],
    ['nullable', { type: 'integer', nullable: true }, ['1', 'null'], ['""']],
    ['no type', { maximum: 3 }, ['3', '2.5'], ['4', '"x"']],
    ['anyOf', { anyOf: [{ const: 1 }, { type: 'string', maxLength: 1 }] }, ['1', '"a"'], ['2']],
    [
      'a discriminated union',
      { oneOf: shapes },
      ['{"kind":"a","size":1}', '{"kind":"b","text":"x"}'],
      ['{"kind":"b"}', '{"kind":"a","text":"x"}'],
    ],
    ['allOf', { allOf: [{ type: 'integer', minimum: 2 }, { maximum: 4 }] }, ['2', '4'], ['1', '5']],
    [
      'allOf of objects',
      {
        allOf: [
          { type: 'object', properties: { a: { const: 1 } } },
          { properties: { b: { const: 2 } }, required: ['b'] },
        ],
      },
      ['{"a":1,"b":2}'],
      ['{"a":1}'],
    ],
    [
      'anyOf beside other keywords',
      { type: 'integer', minimum: 0, anyOf: [{ maximum: 1 }, { minimum: 9 }] },
      ['0', '9'],
      ['5', '-1'],
    ],
    ['$ref to the root', tree, ['null', '[null, [[], null]]'], ['1', '[1]']],
    ['$ref to definitions', { $ref: '#/definitions/a~1b', definitions: { 'a/b': { const: 1 } } }, ['1'], ['2']],
    [
      '$ref beside other keywords',
      { $ref: '#/$defs/n', maximum: 3, $defs: { n: { type: 'integer' } } },
      ['3'],
      ['4', '"x"'],
    ],
    ['annotations', { type: 'null', title: 'T', default: 1, examples: [2], 'x-y': 3, readOnly: true }, ['null'], ['1']],
  ]);

  it('of everything: any value, with bounded white space', () => {
    const yes = ['1', '"x"', '{"a": [true, {}]}', '{\n  "a": null\n}'];
    expect(allowed({}, [...yes, '{"a":  1}', '[\n\n1]', ' 1', '1 '])).toEqual(yes);
  });
});

describe('json_object', () => {
  it('allows any object and nothing else', () => {
    const matcher = new GrammarMatcher(compileFormat({ type: 'json_object' }).rules);
    const texts = ['{}', '{"a": [1]}', '[]', '1'];
    expect(texts.map((text) => matcher.match(text).accepted)).toEqual([true, true, false, false]);
  });
});
