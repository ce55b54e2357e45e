import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileFormat } from '../../src/core/engine/format/compile-format.js';
import { GrammarMatcher } from '../support/grammar/matcher.js';
import { GrammarSampler } from '../support/grammar/sampler.js';
import { seededRandom } from '../support/seeded-random.js';

interface Tree {
  readonly value: number;
  readonly children: readonly Tree[];
}

const tree: z.ZodType<Tree> = z.object({
  value: z.int(),
  get children() {
    return z.array(tree);
  },
});

const shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), radius: z.number().positive() }),
  z.object({ kind: z.literal('box'), sides: z.tuple([z.int().min(1), z.int().max(9)]) }),
]);

/** What zod can say, and values that it allows. */
const schemas: readonly (readonly [name: string, schema: z.ZodType, values: readonly unknown[]])[] = [
  ['ipv4', z.ipv4(), ['127.0.0.1']],
  ['ipv6', z.ipv6(), ['::1', '2001:db8::ff00:42:8329']],
  ['cidrv4', z.cidrv4(), ['10.0.0.0/8']],
  ['cidrv6', z.cidrv6(), ['2001:db8::/32']],
  ['base64', z.base64(), ['', 'YWI=']],
  ['base64url', z.base64url(), ['YWI']],
  ['ulid', z.ulid(), ['01ARZ3NDEKTSV4RRFFQ69G5FAV']],
  ['nanoid', z.nanoid(), ['V1StGXR8_Z5jdHi6B-myT']],
  ['cuid2', z.cuid2(), ['tz4a98xxat96iws9zmbrgj3a']],
  ['uuid', z.uuid(), ['123e4567-e89b-12d3-a456-426614174000']],
  ['e164', z.e164(), ['+4915112345678']],
  ['email', z.email(), ['a.b@example.com']],
  ['emoji', z.emoji(), ['😀']],
  ['url', z.url(), ['https://example.com/']],
  ['iso.date', z.iso.date(), ['2024-02-29']],
  ['iso.time', z.iso.time(), ['12:30:05']],
  ['iso.datetime', z.iso.datetime(), ['2024-02-29T12:30:05Z']],
  ['iso.duration', z.iso.duration(), ['P1DT2H']],
  ['templateLiteral', z.templateLiteral(['v', z.int(), '-', z.enum(['a', 'b'])]), ['v1-a', 'v20-b']],
  ['string checks', z.string().min(2).max(5).startsWith('a').includes('b').endsWith('c'), ['abc']],
  ['int32', z.int32(), [0, -2147483648]],
  ['number checks', z.number().gt(0).lte(10).multipleOf(0.5), [0.5, 10]],
  ['looseRecord', z.looseRecord(z.string().regex(/^x/), z.int()), [{ xa: 1 }]],
  ['record of an enum', z.record(z.enum(['a', 'b']), z.boolean()), [{ a: true, b: false }]],
  ['intersection', z.intersection(z.looseObject({ a: z.int() }), z.looseObject({ b: z.string() })), [{ a: 1, b: '' }]],
  ['recursive getters', tree, [{ value: 1, children: [{ value: 2, children: [] }] }]],
  [
    'discriminated union',
    shape,
    [
      { kind: 'circle', radius: 1 },
      { kind: 'box', sides: [1, 9] },
    ],
  ],
  ['never', z.object({ a: z.int(), b: z.never().optional() }), [{ a: 1 }]],
  ['strictObject', z.strictObject({ a: z.nullable(z.literal([1, 'x'])) }), [{ a: null }, { a: 'x' }]],
  ['tuple with rest', z.tuple([z.boolean()], z.null()), [[true], [true, null]]],
];

describe('what zod says', () => {
  it.each(schemas)('%s is what the grammar allows', (_, schema, values) => {
    const { rules } = compileFormat({ type: 'json_schema', schema: z.toJSONSchema(schema) });
    const [matcher, sampler, random] = [new GrammarMatcher(rules), new GrammarSampler(rules), seededRandom(12)];
    expect(values.filter((value) => !matcher.match(JSON.stringify(value)).accepted)).toEqual([]);
    const samples = Array.from({ length: 5 }, () => sampler.sample(random, 40));
    expect(samples.filter((text) => !schema.safeParse(JSON.parse(text)).success)).toEqual([]);
  });
});
