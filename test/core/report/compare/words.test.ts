import { describe, expect, it } from 'vitest';
import { parseThreshold } from '../../../../src/core/compare/threshold.js';
import { moreTrials, trialsFactor } from '../../../../src/core/report/compare/words.js';

const judgement = {
  type: 'gated',
  threshold: parseThreshold('ttft.p95>10%'),
  outcome: { verdict: 'inconclusive', doubt: { reason: 'too-wide', isLasting: false } },
} as const;

describe('what to do about an interval that contains the limit', () => {
  it.each([
    ['twice as wide as it may be takes 4 times as many trials', 1, 0.8, 1.1 ** 2, '4'],
    ['the side beyond the limit is what counts', 1.1 ** 3, 1.1 ** -1, 5, '4'],
    ['a little too wide takes a few more', 1, 0.9, 1.101, '1.5'],
    ['rounded up to a tenth', 1, 0.9, 1.1 ** 1.5, '2.3'],
  ])('%s', (_, ratio, lower, upper, times) => {
    const factor = trialsFactor({ ratio, interval: { lower, upper }, spread: { lower, upper }, judgement });
    expect(moreTrials(factor)).toBe(`about ${times} times as many trials would decide it`);
  });

  it('may be too much to ask', () => {
    const factor = trialsFactor({
      ratio: 1.09,
      interval: { lower: 1, upper: 1.2 },
      spread: { lower: 1, upper: 1.2 },
      judgement,
    });
    expect(moreTrials(factor)).toBe('it would take more than 10 times as many trials to decide it');
  });

  it('is only the spread between trials, since the delay of the load generator stays', () => {
    // Half of the way to the limit is the delay: the spread may only be as wide as the other half.
    const interval = { lower: 0.8, upper: 1.1 ** 1.5 };
    expect(trialsFactor({ ratio: 1, interval, spread: { lower: 0.9, upper: 1.1 }, judgement })).toBe(4);
  });
});
