import fc from 'fast-check';
import { expect, it } from 'vitest';
import { problemsOf } from '../../../support/grammar/check.js';
import { combinedSchemas, nestedCombinations } from '../../../support/grammar/combined-schemas.js';
import { allSchemas, isTooComplex, schemasWithValues } from '../../../support/grammar/schemas.js';
import { seededRandom } from '../../../support/seeded-random.js';

it('allows exactly what the schema allows, with no more stacks than calculated, for random schemas', () => {
  fc.assert(
    fc.property(schemasWithValues, fc.nat(), (schema, seed) => {
      expect(problemsOf(schema, 4, seededRandom(seed))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

it('refuses few of the random schemas as too complex', () => {
  const refused = fc.sample(allSchemas, { numRuns: 200, seed: 1 }).filter(({ schema }) => isTooComplex(schema));
  expect(refused.length).toBeLessThan(5);
});

it('allows exactly what combinations of schemas allow together, or says that there is nothing', () => {
  fc.assert(
    fc.property(fc.oneof(combinedSchemas, nestedCombinations), fc.nat(), (schema, seed) => {
      expect(problemsOf(schema, 4, seededRandom(seed))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
