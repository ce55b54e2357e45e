import fc from 'fast-check';
import type { SchemaWithValues } from './schemas.js';

type Schema = Record<string, unknown>;

/** A kind of values: what all its schemas say, keywords that may come anywhere, and values to try. */
interface Family {
  readonly base: Schema;
  readonly part: fc.Arbitrary<Schema>;
  readonly candidates: readonly unknown[];
}

function keyword(name: string, values: fc.Arbitrary<unknown>): fc.Arbitrary<Schema> {
  return values.map((value) => ({ [name]: value }));
}

/** `enum` and `const` with some of these values. */
function listed(values: readonly unknown[]): fc.Arbitrary<Schema> {
  return fc.oneof(
    keyword('enum', fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 4 })),
    keyword('const', fc.constantFrom(...values)),
  );
}

const few = fc.nat(4);
const texts = ['', 'a', 'ab', 'xbc', 'abcd', 'aaaaa'];
const dates = ['', 'ab', '2024-02-29', '1999-12-31'];
const lengths = [keyword('minLength', few), keyword('maxLength', few)] as const;
const bounds = fc.constantFrom(-3, -0.5, 0, 1, 2.5, 5, 100);
const numbers = [-3, -0.5, 0, 0.25, 1, 2, 5, 12, 30, 100, 250, 1000, 36_000];

const numeric = fc.oneof(
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((name) => keyword(name, bounds)),
  keyword('multipleOf', fc.constantFrom(0.25, 0.5, 2, 5, 12, 60, 100, 250, 1000)),
  listed(numbers),
);

const families: readonly Family[] = [
  {
    base: { type: 'string' },
    part: fc.oneof(...lengths, keyword('pattern', fc.constantFrom('^a', 'b', '^[a-c]*$')), listed(texts)),
    candidates: texts,
  },
  {
    base: { type: 'string' },
    part: fc.oneof(...lengths, fc.constant({ format: 'date' }), fc.constant({ maxLength: 10 }), listed(dates)),
    candidates: dates,
  },
  { base: { type: 'integer' }, part: numeric, candidates: numbers },
  { base: { type: 'number' }, part: numeric, candidates: numbers },
  {
    base: { type: 'array', items: { type: 'string', maxLength: 2 } },
    part: fc.oneof(
      ...[keyword('minItems', few), keyword('maxItems', few), keyword('items', listed(['a', 'b', 'abc', 1]))],
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }).map((values) => ({
        ...{ items: { enum: values }, uniqueItems: true },
      })),
    ),
    candidates: [[], ['a'], ['b', 'a'], ['a', 'a'], ['a', 'b', 'c'], ['a', 'b', 'a', 'b']],
  },
  {
    base: {
      type: 'object',
      properties: { a: { const: 1, type: 'integer' }, b: { enum: [1, 2, 'x'], minimum: 2 }, c: { const: 'c' } },
      additionalProperties: false,
    },
    part: fc.oneof(
      ...[keyword('minProperties', few), keyword('maxProperties', few)],
      keyword('required', fc.subarray(['a', 'b', 'c'])),
      keyword('propertyNames', listed(['a', 'b', 'c', 'dd'])),
      fc
        .tuple(listed(['a', 'b']), listed(['b', 'c', 'dd']))
        .map((anyOf) => ({ propertyNames: { maxLength: 1, anyOf } })),
    ),
    candidates: [{}, { a: 1 }, { b: 2 }, { b: 'x' }, { a: 1, c: 'c' }, { a: 1, b: 2, c: 'c' }],
  },
];

/** How schemas are combined. */
interface Manner {
  readonly keyword: 'anyOf' | 'oneOf';
  /** Whether an option refers back to the root. */
  readonly isRecursive: boolean;
}

type Shape = (base: Schema, parts: readonly Schema[], manner: Manner) => Schema;

const shapes: readonly Shape[] = [
  (base, [first, ...others], { keyword: name }) => ({
    ...{ ...base, ...first },
    ...(others.length > 0 && { [name]: others }),
  }),
  (base, parts) => ({ allOf: [base, ...parts] }),
  (base, [first, ...others], { keyword: name }) => ({
    ...{ $ref: '#/$defs/base', ...first, $defs: { base } },
    ...(others.length > 0 && { [name]: others }),
  }),
  (base, [first, ...others], { keyword: name, isRecursive }) => ({
    ...{ ...base, ...first },
    [name]: [
      ...others.map((part) => ({ ...base, ...part })),
      ...(isRecursive ? [{ $ref: '#' }] : []),
      { type: 'null' },
    ],
  }),
  (base, [first, ...others], { keyword: name, isRecursive }) => ({
    [name]: [
      { ...base, ...first },
      { type: 'null' },
      ...(isRecursive ? [{ $ref: '#' }, { allOf: [{ $ref: '#' }] }] : []),
    ],
    allOf: [{}, ...others],
  }),
  (base, parts) => ({ ...base, nullable: true, allOf: [{ maxLength: 9 }, ...parts] }),
];

/** What `nullable` means in OpenAPI 3.0, as zod uses it; ajv takes it for a part of `type`. */
function orNull({ nullable, ...schema }: Schema): Schema {
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

/**
 * Schemas whose keywords are spread over `anyOf`, `oneOf`, `allOf` and `$ref`, and often contradict each other. Without
 * values that are known to be allowed, but with some to try.
 */
export const combinedSchemas: fc.Arbitrary<SchemaWithValues> = fc
  .record({ family: fc.constantFrom(...families), shape: fc.constantFrom(...shapes) })
  .chain(({ family: { base, part, candidates }, shape }) =>
    fc
      .record({
        parts: fc.array(part, { minLength: 1, maxLength: 4 }),
        keyword: fc.constantFrom('anyOf' as const, 'oneOf' as const),
        isRecursive: fc.boolean(),
      })
      .map(({ parts, ...manner }) => ({
        schema: shape(base, parts, manner),
        values: [],
        // ajv would follow references without end, and oneOf means anyOf.
        meaning: orNull(shape(base, parts, { keyword: 'anyOf', isRecursive: false })),
        candidates: [...candidates, null],
      })),
  );

/** The same, as members and items. */
export const nestedCombinations: fc.Arbitrary<SchemaWithValues> = fc
  .tuple(combinedSchemas, fc.constantFrom('member', 'item', 'first'))
  .filter(([{ schema }]) => !JSON.stringify(schema).includes('$ref'))
  .map(([{ schema, meaning = schema, candidates = [] }, place]) => {
    const inside = (inner: Schema): Schema => {
      if (place === 'item') return { type: 'array', items: inner, minItems: 1, maxItems: 2 };
      if (place === 'first') return { type: 'array', prefixItems: [inner], items: false, minItems: 1 };
      return { type: 'object', properties: { v: inner }, required: ['v'], additionalProperties: false };
    };
    return {
      schema: inside(schema),
      values: [],
      meaning: inside(meaning),
      candidates: candidates.map((value) => (place === 'member' ? { v: value } : [value])),
    };
  });
