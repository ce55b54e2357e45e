import { describe, expect, it } from 'vitest';
import { assembleSeries, nothingObserved } from '../../../../src/core/bench/result/assemble-series.js';

const second = 1e6;
const bin = {
  sent: 1,
  completed: 1,
  failed: 0,
  tokens: 8,
  inFlightUs: 2 * second,
  ttft: [],
  tpot: [],
  e2e: [],
} as const;
const run = { binUs: second, bins: [bin, bin, bin] };

describe('assembleSeries', () => {
  it('puts what was seen of the server into the bins of the run', () => {
    const beginUs = 10 * second;
    const series = assembleSeries(
      run,
      {
        source: 'GET /v1/queue',
        lengths: [
          { atUs: 9 * second, running: 9, waiting: 9 },
          { atUs: 10.1 * second, running: 1, waiting: 0 },
          { atUs: 10.9 * second, running: 2, waiting: 1 },
          { atUs: 11.9 * second, running: null, waiting: null },
          { atUs: 12.9 * second, running: 4, waiting: 3 },
          { atUs: 13.9 * second, running: 5, waiting: 5 },
        ],
        gpus: [
          { atUs: 10.5 * second, gpu: 1, usePercent: 50, memoryBytes: 2048 },
          { atUs: 10.5 * second, gpu: 0, usePercent: null, memoryBytes: 1024 },
        ],
      },
      beginUs,
    );
    expect(series).toMatchObject({
      bin_seconds: 1,
      in_flight: [2, 2, 2],
      server: { source: 'GET /v1/queue', running: [1.5, null, 4], waiting: [0.5, null, 3] },
      gpus: [
        { use_percent: [null, null, null], memory_bytes: [1024, null, null] },
        { use_percent: [50, null, null], memory_bytes: [2048, null, null] },
      ],
    });
  });

  it('says nothing about a server that says nothing, or about a run in which nothing happened', () => {
    const series = assembleSeries(run, nothingObserved, 0);
    expect(series).not.toHaveProperty('server');
    expect(series).not.toHaveProperty('gpus');
    expect(assembleSeries({ binUs: second, bins: [] }, nothingObserved, 0)).toBeNull();
  });
});
