import { describe, expect, it } from 'vitest';
import { seedFor } from '../../../../../src/core/engine/llama/sampling/sampling.js';

describe('seedFor', () => {
  it('is the seed itself at the beginning', () => {
    expect(seedFor(0, 0)).toBe(0);
    expect(seedFor(2 ** 31, 0)).toBe(2 ** 31);
  });

  it('is never the number that means "no seed" to llama.cpp', () => {
    expect(seedFor(2 ** 32 - 1, 0)).toBe(2 ** 32 - 2);
  });

  it('differs between the places at which a generation is resumed, and is always the same for a place', () => {
    const seeds = Array.from({ length: 1000 }, (_, resumed) => seedFor(7, resumed));
    expect(new Set(seeds).size).toBe(1000);
    expect(seedFor(7, 500)).toBe(seeds[500]);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 - 1)).toBe(true);
  });
});
