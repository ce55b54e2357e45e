import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';
import { GrammarSampler } from '../../../support/grammar/sampler.js';
import { seededRandom } from '../../../support/seeded-random.js';

const targets = ['draft-2020-12', 'draft-7', 'openapi-3.0'] as const;
const Tree = z.object({
  value: z.enum(['a', 'b']).nullable(),
  get left() {
    return Tree.nullable();
  },
});

/** Schemas, with values that they allow. */
const cases: readonly (readonly [name: string, type: z.ZodType, values: readonly unknown[]])[] = [
  ['nullable enum', z.enum(['a', 'b']).nullable(), ['a', null]],
  ['nullable literal', z.literal('x').nullable(), ['x', null]],
  ['nullable string with a length', z.string().min(2).nullable(), ['ab', null]],
  ['nullable union', z.union([z.string(), z.int()]).nullable(), ['a', 1, null]],
  [
    'nullable objects',
    z.object({ a: z.object({ b: z.boolean() }).nullable(), c: z.array(z.enum(['d']).nullable()) }),
    [
      { a: null, c: [null, 'd'] },
      { a: { b: true }, c: [] },
    ],
  ],
  ['recursive nullable', Tree, [{ value: null, left: { value: 'a', left: null } }]],
  ['intersection of nullables', z.intersection(z.string().nullable(), z.string().max(3).nullable()), ['a', null]],
  ['empty tuple', z.tuple([]), [[]]],
  ['object with an empty tuple', z.object({ a: z.tuple([]).nullable() }), [{ a: [] }, { a: null }]],
];

describe.each(targets)('what zod says as %s', (target) => {
  it.each(cases)('%s', (_, type, values) => {
    const { rules } = compileFormat({ type: 'json_schema', schema: z.toJSONSchema(type, { target }) });
    const matcher = new GrammarMatcher(rules);
    expect(values.filter((value) => !matcher.match(JSON.stringify(value)).accepted)).toEqual([]);
    const sampler = new GrammarSampler(rules);
    for (let seed = 0; seed < 50; seed += 1) {
      const sample = sampler.sample(seededRandom(seed), 40);
      expect(type.safeParse(JSON.parse(sample)).success, sample).toBe(true);
    }
  });
});

it('takes an empty list for one that says nothing, or leaves no option', () => {
  const allows = (schema: Record<string, unknown>, value: unknown): boolean =>
    new GrammarMatcher(compileFormat({ type: 'json_schema', schema }).rules).match(JSON.stringify(value)).accepted;
  for (const key of ['prefixItems', 'items']) expect(allows({ type: 'array', [key]: [] }, [1, 'a'])).toBe(true);
  const optional = { type: 'object', properties: { a: { anyOf: [] } } };
  expect([allows(optional, {}), allows(optional, { a: 1 })]).toEqual([true, false]);
});
