import { describe, expect, it } from 'vitest';
import { allMetrics } from '../../../src/core/compare/compared-metric.js';
import { headlineMetrics, trendsOf } from '../../../src/core/history/trend.js';
import { entriesOf, entryAt, steady } from './entries.js';

const ttft = allMetrics.filter(({ id }) => id === 'ttft.p95');

describe('a trend', () => {
  it('has the values of the last entries, each against the median of those before it', () => {
    const { entries, trends } = trendsOf(
      [1, 1.1, 1.3, 1.1].map((factor, day) => entryAt(day, factor)),
      ttft,
      3,
    );
    expect(entries.map(({ commit }) => commit)).toEqual([1, 2, 3].map((day) => entryAt(day).commit));
    const ratios = trends[0]?.points.map(({ ratio }) => Number(ratio?.toFixed(3)));
    expect(ratios).toEqual([1.1, 1.238, 1]);
  });

  it('marks the first entry of a new level', () => {
    const { trends } = trendsOf(entriesOf([...steady(10), ...steady(10, 1.2)]), ttft, 20);
    const changes = trends[0]?.points.flatMap(({ change }, index) => (change === null ? [] : [{ index, change }]));
    expect(changes).toMatchObject([{ index: 10, change: { p: 0.001 } }]);
    expect(changes?.[0]?.change.change.ratio).toBeCloseTo(1.2, 1);
  });

  it('knows of a change just before the entries that are shown', () => {
    const { trends } = trendsOf(entriesOf([...steady(10), ...steady(3, 1.2)]), ttft, 3);
    expect(trends[0]?.points.map(({ change }) => change !== null)).toEqual([true, false, false]);
  });

  it('does not exist for a figure that no entry has', () => {
    const goodput = allMetrics.filter(({ id }) => id === 'goodput');
    expect(trendsOf(entriesOf(steady(3)), goodput, 3).trends).toEqual([]);
    expect(trendsOf([], ttft, 3)).toEqual({ entries: [], trends: [] });
  });

  it('survives rates of 0 and single entries', () => {
    const zero = entryAt(1);
    const rows = zero.rows.map((row) => ({ ...row, figures: { ...row.figures, goodput: 0 } }));
    const goodput = allMetrics.filter(({ id }) => id === 'goodput');
    expect(trendsOf([{ ...zero, rows }], goodput, 3).trends[0]?.points).toMatchObject([{ value: 0, ratio: null }]);
  });
});

it('the headline figures of an open loop count from the schedule', () => {
  const names = (loop: 'closed' | 'open'): readonly string[] => headlineMetrics(loop).map(({ id }) => id);
  expect(names('closed')).toEqual(['ttft.p95', 'tpot.p50', 'e2e.p95', 'output_tokens_per_second']);
  expect(names('open')).toContain('ttft_from_schedule.p95');
});
