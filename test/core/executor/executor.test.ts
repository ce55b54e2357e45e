import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freePlaces, limitedTo } from '../../../src/core/executor/executor.js';

const status = fc.constantFrom('ready', 'trying', 'cooling', 'draining', 'down');

describe('what is left for one model', () => {
  it('is what neither the model nor the whole has taken', () => {
    const numbers = fc.record({
      status,
      places: fc.integer({ min: 1, max: 20 }),
      most: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(numbers, fc.nat(25), fc.nat(25), ({ status, places, most: asked }, own, others) => {
        const most = Math.min(asked, places);
        const all = { status, places, running: own + others };
        const free = freePlaces(limitedTo(most, own, all));
        if (status === 'ready') expect(free).toBe(Math.max(0, Math.min(most - own, places - own - others)));
        else expect(free).toBe(freePlaces(all));
      }),
    );
  });
});
