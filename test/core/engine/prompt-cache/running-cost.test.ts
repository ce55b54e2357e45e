import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunningCost } from '../../../../src/core/engine/prompt-cache/running-cost.js';

/** A cost that has seen work which takes `fixedMs` and `perUnitMs` for each unit, at time 0. */
function observed(
  sizes: readonly number[],
  { fixedMs = 0, perUnitMs = 0, assumedMs }: { fixedMs?: number; perUnitMs?: number; assumedMs?: number },
): RunningCost {
  const cost = new RunningCost(assumedMs);
  for (const units of sizes) cost.observe(units, fixedMs + perUnitMs * units, 0);
  return cost;
}

describe('RunningCost', () => {
  it('expects nothing before it has seen anything', () => {
    expect(new RunningCost().expectMs(10, 0)).toBeNull();
  });

  it('expects what it has seen, in proportion, after one observation', () => {
    const cost = observed([100], { perUnitMs: 0.5 });
    expect(cost.expectMs(10, 0)).toBe(5);
    expect(cost.expectMs(100, 0)).toBe(50);
    expect(cost.expectMs(1000, 0)).toBe(500);
  });

  it('does not blame the size for what one small piece of work took, where a cost per unit is assumed', () => {
    // The first save on a GPU: 149 kB in 2.3 ms. In proportion, 20 MB would take 309 ms.
    const cost = observed([149e3], { fixedMs: 2.3, assumedMs: 1 / 2e6 });
    expect(cost.expectMs(20e6, 0)).toBeCloseTo(2.3 + (20e6 - 149e3) / 2e6);
    expect(cost.expectMs(149e3, 0)).toBeCloseTo(2.3);
  });

  it('never assumes more for what is larger than in proportion', () => {
    const cost = observed([1e6], { perUnitMs: 1e-9, assumedMs: 1 / 2e6 });
    expect(cost.expectMs(1e9, 0)).toBeCloseTo(1);
  });

  it('tells a fixed cost from a cost per unit once sizes differ', () => {
    const cost = observed([100, 1000, 200, 2000], { fixedMs: 20, perUnitMs: 0.01 });
    expect(cost.expectMs(150, 0)).toBeCloseTo(21.5, 0);
    expect(cost.expectMs(1500, 0)).toBeCloseTo(35, 0);
  });

  it('expects what is in proportion to be in proportion', () => {
    const cost = observed([100, 1000, 200, 2000], { perUnitMs: 0.5, assumedMs: 0.001 });
    for (const units of [50, 500, 1500, 5000]) expect((cost.expectMs(units, 0) ?? 0) / (units / 2)).toBeCloseTo(1, 1);
  });

  it('expects nothing below zero, and no less of larger work, whatever it has seen', () => {
    const amount = fc.double({ min: 1, max: 1e8, noNaN: true });
    // Nothing would take -1.8e-12 ms.
    const rounded: [number, number][] = [
      [34670.66131913961, 50298.50055328605],
      [2223.5536048189515, 1350.6595887392507],
      [23681.13358297784, 1564.5187983460619],
    ];
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount), { minLength: 1 }), fc.array(amount), (seen, asked) => {
        const cost = new RunningCost(0.01);
        for (const [units, ms] of seen) cost.observe(units, ms, 0);
        const expected = [0, ...asked].sort((a, b) => a - b).map((units) => cost.expectMs(units, 0) ?? NaN);
        // Sums are rounded.
        const slack = 1e-6 * Math.max(...expected);
        for (const [index, ms] of expected.entries())
          expect(ms).toBeGreaterThanOrEqual((expected[index - 1] ?? 0) - slack);
      }),
      { examples: [[rounded, []]] },
    );
  });

  it('does not mistake noise for a cost per unit where sizes hardly differ', () => {
    const cost = new RunningCost();
    for (const [units, ms] of [[127, 50], [128, 60], [126, 58], [129, 51]] as const) cost.observe(units, ms, 0); // prettier-ignore
    const expected = cost.expectMs(64, 0) ?? 0;
    expect(expected).toBeGreaterThan(25);
    expect(expected).toBeLessThan(30);
  });

  it('follows a change, and is not led astray by one slow moment', () => {
    const cost = new RunningCost();
    for (let round = 0; round < 20; round += 1) cost.observe(100, 50, 0);
    cost.observe(100, 500, 0);
    expect(cost.expectMs(100, 0)).toBeLessThan(150);
    for (let round = 0; round < 20; round += 1) cost.observe(100, 500, 0);
    expect(cost.expectMs(100, 0)).toBeGreaterThan(450);
  });

  it('follows a fixed cost that becomes one per unit', () => {
    const cost = observed([100, 1000, 100, 1000], { fixedMs: 20 });
    for (let round = 0; round < 10; round += 1) for (const units of [100, 1000]) cost.observe(units, units / 10, 0);
    expect(cost.expectMs(100, 0)).toBeCloseTo(10, -1);
    expect(cost.expectMs(1000, 0)).toBeCloseTo(100, -1);
  });

  it('forgets what it saw more than a minute ago', () => {
    const cost = new RunningCost();
    cost.observe(100, 50, 1000);
    expect(cost.expectMs(100, 61_000)).toBe(50);
    expect(cost.expectMs(100, 61_001)).toBeNull();
  });
});
