import { describe, expect, it } from 'vitest';
import { toSeriesCsv } from '../../../../../src/core/report/bench/formats/series-csv.js';
import { benchResult } from '../../../../support/bench-result.js';

describe('the series of runs as CSV', () => {
  it('has a row for each bin, without percentiles of too few requests', () => {
    const { result } = benchResult({ settings: [{ maxConcurrency: 2, completed: 3 }] });
    const series = {
      bin_seconds: 2,
      sent: [2, 0],
      completed: [1, 1],
      failed: [0, 0],
      output_tokens: [7.5, 4],
      in_flight: [1.5, 0.5],
      ttft: [[[230, 2]], []],
      tpot: [[[200, 1]], []],
      gpus: [
        { use_percent: [90, 10], memory_bytes: [5, 5] },
        { use_percent: [80, null], memory_bytes: [6, 6] },
      ],
    };
    const rows = toSeriesCsv({ ...result, runs: result.runs.map((run) => ({ ...run, series })) }).split('\n');
    const values = rows.map((row) => row.split(',').slice(5).join(','));
    expect(values.slice(1)).toEqual([
      '0,2,2,1,0,7.5,1.5,2,9.711,,2.924,,,,90 80,5 6,,,',
      '2,4,0,1,0,4,0.5,0,,,,,,,10 -,5 6,,,',
      '',
    ]);
  });
});
