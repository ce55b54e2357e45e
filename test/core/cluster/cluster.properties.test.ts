import fc from 'fast-check';
import { it } from 'vitest';
import { keepsTheLaws, troubles } from './laws.js';

it('loses nothing, repeats nothing and keeps the order, whatever dies, is cut off, or gets lost', async () => {
  await fc.assert(fc.asyncProperty(troubles, keepsTheLaws), { numRuns: 2, seed: 17 });
});
