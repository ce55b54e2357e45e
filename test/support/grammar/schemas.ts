import fc from 'fast-check';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import { compileFormat } from '../../../src/core/engine/format/compile-format.js';
import { formatTexts } from './formats.js';

type Schema = Record<string, unknown>;

/** A schema of the supported subset, and values that it allows, in the order in which a grammar writes their members. */
export interface SchemaWithValues {
  readonly schema: Schema;
  readonly values: readonly unknown[];
  /** Values that it may allow or not, if it may also allow nothing at all. */
  readonly candidates?: readonly unknown[];
  /** A schema with the same meaning, for ajv. */
  readonly meaning?: Schema;
}

/** Half of a pair, on its own. */
const surrogates = /\p{Surrogate}|\\ud/u;

/** Names that ajv expects to be methods. */
const methods = /toString|valueOf/;

type Generator = fc.Arbitrary<SchemaWithValues>;

const constants: Generator = fc.constantFrom(
  { schema: { type: 'null' }, values: [null] },
  { schema: { type: 'boolean' }, values: [true, false] },
  { schema: {}, values: [1, 'x', [{}], { a: null }] },
  { schema: { type: 'object' }, values: [{}, { 'a"\u0001': [true] }] },
);

const integers: Generator = fc
  .record({
    values: fc.array(fc.integer({ min: -(10 ** 7), max: 10 ** 7 }), { minLength: 1, maxLength: 3 }),
    slack: fc.tuple(fc.nat(99), fc.nat(10 ** 6)),
    bounds: fc.constantFrom('none', 'min', 'max', 'both', 'exclusive'),
    multiple: fc.constantFrom(1, 1, 1, 2, 3, 7, 10),
  })
  .map(({ values, slack: [below, above], bounds, multiple }) => {
    const multiples = values.map((value) => value * multiple);
    const min = Math.min(...multiples) - below;
    const max = Math.max(...multiples) + above;
    return {
      schema: {
        type: 'integer',
        ...((bounds === 'min' || bounds === 'both') && { minimum: min }),
        ...((bounds === 'max' || bounds === 'both') && { maximum: max }),
        ...(bounds === 'exclusive' && { exclusiveMinimum: min - 1, exclusiveMaximum: max + 1 }),
        ...(multiple > 1 && { multipleOf: multiple }),
      },
      values: multiples,
    };
  });

const numbers: Generator = fc
  .record({
    values: fc.array(fc.integer({ min: -(10 ** 6), max: 10 ** 6 }), { minLength: 1, maxLength: 3 }),
    scale: fc.constantFrom(1, 10, 1000),
    bounds: fc.constantFrom('none', 'min', 'max', 'both', 'exclusive'),
  })
  .map(({ values, scale, bounds }) => {
    const scaled = values.map((value) => value / scale);
    const [min, max] = [Math.min(...scaled), Math.max(...scaled)];
    return {
      schema: {
        type: 'number',
        ...((bounds === 'min' || bounds === 'both') && { minimum: min }),
        ...((bounds === 'max' || bounds === 'both') && { maximum: max }),
        ...(bounds === 'exclusive' && { exclusiveMinimum: Math.floor(min - 0.5), exclusiveMaximum: max + 0.25 }),
      },
      values: scaled,
    };
  });

const text = fc.string({
  unit: fc.constantFrom('a', 'B', '7', ' ', '"', '\\', '\n', '\u0001', '\u007f', 'é', '日', '😀'),
});

const strings: Generator = fc
  .record({ values: fc.array(text, { minLength: 1, maxLength: 3 }), slack: fc.tuple(fc.nat(3), fc.nat(300)) })
  .map(({ values, slack: [below, above] }) => {
    const lengths = values.map((value) => Array.from(value).length);
    return {
      schema: {
        type: 'string',
        minLength: Math.max(0, Math.min(...lengths) - below),
        maxLength: Math.max(...lengths) + above,
      },
      values,
    };
  });

const patterns: Generator = fc
  // With a regular expression that fast-check can draw texts from.
  .constantFrom(
    ...['^[a-z]{2,4}-\\d+$', '^(?:foo|bar)*$', '\\d\\d', '^[^"\\\\]+$', '^x|y$', 'a.c'].map((each) => [each, each]),
    ['^(?!ab)[a-c]+$', '^b[a-c]+$'],
  )
  .chain(([pattern = '', drawn = '']) =>
    fc.array(fc.stringMatching(new RegExp(drawn, 'u')), { minLength: 1, maxLength: 3 }).map((values) => ({
      schema: { type: 'string', pattern },
      values: values.filter((value) => !surrogates.test(value)),
    })),
  );

const formats: Generator = fc
  .constantFrom(...Object.entries(formatTexts))
  .map(([format, values]) => ({ schema: { type: 'string', format }, values }));

/** The lengths of a URI, from those that are counted to those that its parts share. */
const uris: Generator = fc
  .record({ min: fc.constantFrom(0, 1, 5, 7, 30, 250, 1000), slack: fc.constantFrom(20, 300, 2000, null) })
  .filter(({ min, slack }) => min < 100 || slack !== 20)
  .map(({ min, slack }) => {
    const path = 'a'.repeat(Math.max(0, min - 7));
    const values = [`https://example.com/${path}`, `http://a/${path}?b=c#d`];
    return {
      schema: { type: 'string', format: 'uri', minLength: min, ...(slack !== null && { maxLength: min + slack }) },
      values,
    };
  });

const enums: Generator = fc
  .uniqueArray(fc.jsonValue({ maxDepth: 1 }), {
    minLength: 1,
    maxLength: 5,
    selector: (value) => JSON.stringify(value),
  })
  .map((values) =>
    values.filter(
      (value) =>
        !surrogates.test(JSON.stringify(value)) && !methods.test(JSON.stringify(value)) && !Object.is(value, -0),
    ),
  )
  .filter((values) => values.length > 0)
  .map((values) => ({ schema: values.length === 1 ? { const: values[0] } : { enum: values }, values }));

const sets: Generator = fc
  .record({ count: fc.integer({ min: 1, max: 9 }), chosen: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }) })
  .map(({ count, chosen }) => {
    const all = Array.from({ length: count }, (_, index) => `value${index}`);
    const values = all.filter((_, index) => chosen[index]);
    return {
      schema: { type: 'array', items: { enum: all }, uniqueItems: true, minItems: Math.max(0, values.length - 1) },
      values: [values],
    };
  });

function arrays(item: Generator): Generator {
  return fc.record({ item, slack: fc.tuple(fc.nat(1), fc.nat(150)) }).map(({ item: { schema, values }, slack }) => ({
    schema: {
      type: 'array',
      items: schema,
      minItems: Math.max(0, values.length - slack[0]),
      maxItems: values.length + slack[1],
    },
    values: [values],
  }));
}

function tuples(item: Generator): Generator {
  return fc
    .record({ items: fc.array(item, { minLength: 1, maxLength: 3 }), rest: fc.option(item) })
    .map(({ items, rest }) => ({
      schema: { type: 'array', prefixItems: items.map(({ schema }) => schema), items: rest?.schema ?? false },
      values: [[...items.map(({ values }) => values[0]), ...(rest?.values ?? [])]].filter(isWhole),
    }));
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '"', '\n', 'é', '_'), maxLength: 3 });
const otherName = fc.string({ unit: fc.constantFrom('a', 'b', 'x', '"'), minLength: 1, maxLength: 4 });

function objects(member: Generator): Generator {
  return fc
    .record({
      names: fc.uniqueArray(name, { maxLength: 5 }),
      members: fc.array(member, { minLength: 6, maxLength: 6 }),
      required: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      present: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      others: fc.option(fc.uniqueArray(otherName, { maxLength: 2 })),
      split: fc.boolean(),
    })
    .map(({ names, members, required, present, others, split }) => {
      const properties = names.map((each, index) => [each, members[index]?.schema ?? {}] as const);
      const isThere = (index: number): boolean => required[index] === true || present[index] === true;
      const other = members[5];
      const free = (others ?? []).filter((each) => !names.includes(each));
      const value = Object.fromEntries([
        ...names.flatMap((each, index) => (isThere(index) ? [[each, members[index]?.values[0]] as const] : [])),
        ...free.map((each) => [each, other?.values[0]] as const),
      ]);
      const requiredNames = names.filter((_, index) => required[index]);
      const halves = [properties.slice(0, 2), properties.slice(2)].map((half) => Object.fromEntries(half));
      const schema =
        split && others === null
          ? { allOf: halves.map((half) => ({ type: 'object', properties: half })), required: requiredNames }
          : {
              type: 'object',
              properties: Object.fromEntries(properties),
              required: requiredNames,
              additionalProperties: others === null ? false : (other?.schema ?? {}),
            };
      return { schema, values: [value].filter((each) => isWhole(Object.values(each))) };
    });
}

function maps(member: Generator): Generator {
  return fc
    .record({
      member,
      names: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 3 }),
      max: fc.nat(3),
    })
    .map(({ member: { schema, values }, names, max }) => ({
      schema: {
        ...{ type: 'object', propertyNames: { pattern: '^[a-z]+$' }, additionalProperties: schema },
        ...{ minProperties: 1, maxProperties: names.length + max },
      },
      values: values.length === 0 ? [] : [Object.fromEntries(names.map((each) => [each, values[0]]))],
    }));
}

/** Names that match both patterns have to satisfy both schemas; for those of numbers, there is always a value. */
function patternMaps(member: Generator): Generator {
  const overlapping = fc.record({ one: numbers, two: integers, second: fc.constant('\\d$') });
  const separate = fc.record({ one: member, two: member, second: fc.constant('^[a-w]') });
  return fc.oneof(overlapping, separate).map(({ one, two, second }) => ({
    schema: {
      type: 'object',
      patternProperties: { '^x': one.schema, [second]: two.schema },
      additionalProperties: false,
    },
    values: [{ xa: one.values[0], b1: two.values[0] }].filter((each) => isWhole(Object.values(each))),
  }));
}

function choices(option: Generator): Generator {
  return fc.array(option, { minLength: 1, maxLength: 3 }).map((options) => ({
    schema: { anyOf: options.map(({ schema }) => schema) },
    values: options.flatMap(({ values }) => values),
  }));
}

function linked(member: Generator): Generator {
  return member.map(({ schema, values }) => ({
    schema: {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { value: schema, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
          required: ['value', 'next'],
          additionalProperties: false,
        },
      },
    },
    values: values.map((value) => ({ value, next: { value, next: null } })),
  }));
}

/** Whether no value is missing: some schemas come without values. */
function isWhole(values: readonly unknown[]): boolean {
  return !values.includes(undefined);
}

/** Schemas of all kinds, nested up to three deep. `linked` is only the root, because of its `$defs`. */
export const allSchemas: Generator = (() => {
  const scalar = fc.oneof(constants, integers, numbers, strings, patterns, formats, uris, enums, sets);
  const nested = (inner: Generator): Generator =>
    fc.oneof(arrays(inner), tuples(inner), objects(inner), maps(inner), patternMaps(inner), choices(inner));
  const two = fc.oneof(scalar, nested(scalar));
  return fc.oneof(scalar, nested(scalar), nested(two), nested(fc.oneof(two, nested(two))), linked(two));
})();

/** Those that are not refused, as several options are that differ only in the length of a URI. */
export const schemasWithValues = allSchemas.filter(({ schema }) => !isTooComplex(schema));

export function isTooComplex(schema: Schema): boolean {
  try {
    compileFormat({ type: 'json_schema', schema });
    return false;
  } catch (error) {
    return error instanceof ChatstreamError && error.code === 'grammar_too_complex';
  }
}
