import { describe, expect, it } from 'vitest';
import { totalMs, waterfallsOf } from '../../../../../src/core/report/bench/latency/waterfall.js';
import { benchResult } from '../../../../support/bench-result.js';
import { examples } from '../examples.js';

describe('the waterfall of TTFT', () => {
  it('adds up to the mean TTFT from schedule', () => {
    const { summaries } = examples.sweep();
    for (const [index, row] of (waterfallsOf(summaries)?.rows ?? []).entries()) {
      const meanMs = summaries[index]?.metrics.ttft_from_schedule.mean ?? 0;
      expect(Math.abs((row === null ? 0 : totalMs(row)) - meanMs)).toBeLessThan(meanMs / 100);
    }
    expect.assertions(summaries.length);
  });

  it('leaves prefill and delivery together if only the queue wait is known', () => {
    const waterfalls = waterfallsOf(examples.openLoop().summaries);
    expect(waterfalls?.parts.map(({ name }) => name)).toEqual(['client wait', 'queue wait', 'prefill and delivery']);
    expect(waterfalls?.rows[0]?.prefill).toBeGreaterThan(30);
  });

  it('says that a derived queue wait contains the delivery', () => {
    const names = waterfallsOf(examples.derived().summaries)?.parts.map(({ name }) => name);
    expect(names).toEqual(['client wait', 'queue wait and delivery', 'prefill']);
  });

  it('is not there if the queue wait is unknown', () => {
    expect(waterfallsOf(benchResult({ settings: [{}], queueWaitSource: 'unavailable' }).summaries)).toBeNull();
  });
});
