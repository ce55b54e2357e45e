import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compiled, type CompiledGrammar, SchemaRules } from '../../../../src/core/engine/format/compile-format.js';
import { JsonRules } from '../../../../src/core/engine/grammar/json-rules.js';
import { Budget, type Subject } from '../../../../src/core/engine/grammar/limits.js';
import { GrammarBuilder } from '../../../../src/core/engine/grammar/rules.js';
import { problemsOf } from '../../../support/grammar/check.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';
import { schemasWithValues } from '../../../support/grammar/schemas.js';
import { withUnenforceable } from '../../../support/grammar/unenforceable.js';
import { seededRandom } from '../../../support/seeded-random.js';

const subject: Subject = { param: 'tools', name: 'The schema' };

interface Lenient extends CompiledGrammar {
  readonly leftOut: readonly string[];
}

function compileLenient(schema: unknown): Lenient {
  const builder = new GrammarBuilder(new Budget(subject));
  const rules = new SchemaRules(new JsonRules(builder), schema, subject, true);
  return { ...compiled(builder, rules.root), leftOut: rules.leftOut };
}

it('holds to all of a schema but the keywords that cannot be enforced', () => {
  fc.assert(
    fc.property(schemasWithValues, fc.nat(), ({ schema, values }, seed) => {
      const random = seededRandom(seed);
      const harder = withUnenforceable(schema, random) as Record<string, unknown>;
      expect(problemsOf({ schema: harder, values, meaning: schema }, 4, random, compileLenient)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

describe('what is left out', () => {
  it.each<readonly [Record<string, unknown>, string, unknown, unknown]>([
    [{ type: 'array', items: { type: 'integer' }, uniqueItems: true }, '/uniqueItems', [1, 1], ['a']],
    [{ type: 'array', items: { enum: [...Array(41).keys()] }, uniqueItems: true }, '/uniqueItems', [40, 40], [41]],
    [{ type: 'array', items: { type: 'null' }, contains: {} }, '/contains', [null], [1]],
    [{ type: 'string', pattern: String.raw`\ba`, maxLength: 2 }, '/pattern', 'bc', 'abc'],
    [{ type: 'integer', multipleOf: 123_456_789, minimum: 5 }, '/multipleOf', 7, 4],
    [{ type: 'object', minProperties: 2, additionalProperties: { type: 'null' } }, '/minProperties', {}, { a: 1 }],
    [{ properties: { a: { $ref: 'https://a/b' } }, required: ['a'] }, '/properties/a/$ref', { a: 1 }, {}],
    [
      {
        properties: { a: { type: 'null' } },
        patternProperties: { [String.raw`\bx`]: { type: 'null' } },
        type: 'object',
      },
      String.raw`/patternProperties/\bx`,
      { a: null, x: true },
      { a: true },
    ],
    [
      {
        patternProperties: { [String.raw`\bx`]: { type: 'null' }, '^y': { type: 'null' } },
        ...{ type: 'object', required: ['x', 'y'], additionalProperties: false },
      },
      String.raw`/patternProperties/\bx`,
      { x: null, y: null },
      { x: null, y: true },
    ],
    [
      { type: 'object', properties: { a: { type: 'null' } }, required: ['a'], dependentRequired: { a: ['b'] } },
      '/dependentRequired',
      { a: null },
      {},
    ],
  ])('in %j is %s', (schema, place, yes, no) => {
    const { rules, leftOut } = compileLenient(schema);
    expect(leftOut).toEqual([place]);
    const matcher = new GrammarMatcher(rules);
    expect([yes, no].map((value) => matcher.match(JSON.stringify(value)).accepted)).toEqual([true, false]);
  });

  it('is nothing that is wrong', () => {
    expect(() => compileLenient({ type: 'date' })).toThrow('/type cannot be used');
  });
});
