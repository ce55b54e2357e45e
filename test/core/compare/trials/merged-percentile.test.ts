import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import { MergedTrials } from '../../../../src/core/compare/trials/merged-percentile.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';

const random = seededRandom(5);
const trials = Array.from({ length: 4 }, (_, trial) => {
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < 150 + 20 * trial; sample += 1) histogram.record(1e5 * (1 + trial) * random());
  return histogram;
});
const merged = new MergedTrials(trials.map((trial) => trial.cells()));

describe('percentiles of merged trials', () => {
  it.each([
    [1, 1, 1, 1],
    [4, 0, 0, 0],
    [0, 2, 0, 2],
    [1, 0, 3, 0],
  ])('are those of a histogram in which trials are %d, %d, %d and %d times', (...weights) => {
    const reference = LatencyHistogram.merged(
      trials.flatMap((trial, index) => Array.from({ length: weights[index] ?? 0 }, () => trial)),
    );
    for (const percent of [0.1, 50, 90, 95, 99, 99.9, 100]) {
      expect(merged.percentile(percent).value(weights)).toBe(reference.quantileMs(percent));
    }
  });

  it('are null if what was drawn is empty', () => {
    expect(merged.percentile(50).value([0, 0, 0, 0])).toBeNull();
    expect(new MergedTrials([]).percentile(50).value([])).toBeNull();
  });
});
