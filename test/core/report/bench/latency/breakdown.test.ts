import { describe, expect, it } from 'vitest';
import { breakdownsOf } from '../../../../../src/core/report/bench/latency/breakdown.js';
import { benchResult } from '../../../../support/bench-result.js';
import { around, tenantOf } from '../../../../support/bench-result/tenants.js';

/** The sentences below the table of turns, if the first and the second have these times to the first token. */
function sentencesOf(firstMs: readonly number[], secondMs: readonly number[]): readonly string[] {
  const { result } = benchResult({ settings: [{}] });
  const turns = [firstMs, secondMs].map((ttftMs, index) => ({ ...tenantOf('', ttftMs), turn: index + 1 }));
  const runs = result.runs.map((run) => ({ ...run, turns }));
  return breakdownsOf({ ...result, runs }).flatMap(({ sentences }) => sentences);
}

describe('the median TTFT of first and later turns', () => {
  it('is marked if there are few of them, as in the table', () => {
    expect(sentencesOf(around(100, 9), around(50, 21))).toEqual([
      'Median TTFT: ~100 ms for first turns, 50.0 ms for later ones.',
    ]);
  });

  it('is left out if there are too few of either', () => {
    expect(sentencesOf(around(100, 4), around(50, 21))).toEqual([]);
  });
});
