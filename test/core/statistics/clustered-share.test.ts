import { describe, expect, it } from 'vitest';
import { clusteredShare, designEffect } from '../../../src/core/statistics/clustered-share.js';

const piecesOf = (...successes: readonly number[]) => successes.map((each) => ({ successes: each, attempts: 10 }));

describe('a share of dependent attempts', () => {
  it('counts attempts in full if the pieces agree', () => {
    const series = [piecesOf(1, 1, 1, 1, 1, 1, 1, 1)];
    expect(designEffect(series)).toBe(1);
    expect(clusteredShare(series, 1, 0.025)).toMatchObject({ share: 0.1, effectiveAttempts: 80 });
  });

  it('counts them as fewer if the misses come together', () => {
    const scattered = designEffect([piecesOf(1, 1, 1, 1, 1, 1, 2, 0)]);
    const together = designEffect([piecesOf(0, 0, 0, 0, 0, 0, 0, 8)]);
    expect(scattered).toBeLessThan(1.5);
    expect(together).toBeGreaterThan(5);
  });

  it('has a wide interval where nothing was missed in few attempts', () => {
    const share = clusteredShare([piecesOf(0, 0)], 1, 0.025);
    expect(share?.interval.lower).toBeCloseTo(0, 10);
    expect(share?.interval.upper).toBeCloseTo(0.161, 3);
  });

  it('is unknown without attempts', () => {
    expect(clusteredShare([[{ successes: 0, attempts: 0 }]], 1, 0.025)).toBeNull();
  });
});
