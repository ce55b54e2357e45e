import fc from 'fast-check';
import { it } from 'vitest';
import { keepsTheLaws, troubles } from './laws.js';
import { crowds, keepsTheOrder } from './order-law.js';

it('loses nothing, repeats nothing and keeps the order, whatever dies, is cut off, or gets lost', async () => {
  await fc.assert(fc.asyncProperty(troubles, keepsTheLaws), { numRuns: 2, seed: 17 });
});

it('lets nobody lose a place to one who came later, through whichever fronts, when the holder dies', async () => {
  await fc.assert(fc.asyncProperty(crowds, keepsTheOrder), { numRuns: 5, seed: 14 });
});
