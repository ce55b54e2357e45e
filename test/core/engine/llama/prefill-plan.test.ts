import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planRound, type RoundMember } from '../../../../src/core/engine/llama/prefill-plan.js';

const member = (order: number, nextChunk: number): RoundMember => ({ order, nextChunk });

describe('planRound', () => {
  it('takes everyone when nobody prefills', () => {
    const running = [member(0, 0), member(1, 0)];
    expect(planRound(running, 16)).toBe(running);
  });

  it('takes as many chunks as fit together, first come, first served, and keeps the order of the slots', () => {
    const [third, decoding, first, second] = [member(3, 8), member(0, 0), member(1, 10), member(2, 6)];
    const running = [third, decoding, first, second];
    expect(planRound(running, 16)).toEqual([decoding, first, second]);
  });

  it('lets nobody overtake', () => {
    const running = [member(0, 10), member(1, 7), member(2, 1)];
    expect(planRound(running, 16)).toEqual([running[0]]);
  });

  it('keeps the laws: the first gets on, all that decode do, and the chunks stay within the bound', () => {
    const chunks = fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(chunks, (chunks) => {
        const running = chunks.map((nextChunk, order) => member(order, nextChunk));
        const plan = planRound(running, 16);
        const prefilling = running.filter(({ nextChunk }) => nextChunk > 0);
        const planned = plan.filter(({ nextChunk }) => nextChunk > 0);
        expect(plan).toEqual(running.filter((each) => plan.includes(each)));
        expect(plan.filter(({ nextChunk }) => nextChunk === 0)).toHaveLength(running.length - prefilling.length);
        expect(planned).toEqual(prefilling.slice(0, planned.length));
        expect(planned.length).toBeGreaterThanOrEqual(Math.min(1, prefilling.length));
        expect(planned.reduce((sum, { nextChunk }) => sum + nextChunk, 0)).toBeLessThanOrEqual(16);
      }),
    );
  });
});
