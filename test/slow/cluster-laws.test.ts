import fc from 'fast-check';
import { it } from 'vitest';
import { keepsTheLaws, troubles } from '../core/cluster/laws.js';

it('keeps the laws of a cluster in many more cases', async () => {
  await fc.assert(fc.asyncProperty(troubles, keepsTheLaws), { numRuns: 250, endOnFailure: true });
});
