import fc from 'fast-check';
import { it } from 'vitest';
import { keepsTheLaws, troubles } from '../core/cluster/laws.js';
import { crowds, keepsTheOrder } from '../core/cluster/order-law.js';

it('keeps the laws of a cluster in many more cases', async () => {
  await fc.assert(fc.asyncProperty(troubles, keepsTheLaws), { numRuns: 250, endOnFailure: true });
});

it('keeps the order between all fronts in many more cases', async () => {
  await fc.assert(fc.asyncProperty(crowds, keepsTheOrder), { numRuns: 150, endOnFailure: true });
});
