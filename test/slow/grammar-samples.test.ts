import fc from 'fast-check';
import { expect, it } from 'vitest';
import { problemsOf } from '../support/grammar/check.js';
import { combinedSchemas, nestedCombinations } from '../support/grammar/combined-schemas.js';
import { schemasWithValues } from '../support/grammar/schemas.js';
import { seededRandom } from '../support/seeded-random.js';

it('samples of grammars satisfy their schemas, 10,000 of 10,000', () => {
  fc.assert(
    fc.property(schemasWithValues, fc.nat(), (schema, seed) => {
      expect(problemsOf(schema, 10, seededRandom(seed))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

it('samples of combined schemas satisfy all of them', () => {
  fc.assert(
    fc.property(fc.oneof(combinedSchemas, nestedCombinations), fc.nat(), (schema, seed) => {
      expect(problemsOf(schema, 10, seededRandom(seed))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
