import Schema from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { resultSchema } from '../../../../src/core/measurement/result-schema.js';
import { type SettingSummary, summarise } from '../../../../src/core/measurement/settings/summarise.js';
import { benchResult } from '../../../support/bench-result.js';
import { examples } from './examples.js';

describe('results that tests are given', () => {
  it.each(Object.entries(examples))('keep to the schema: %s', (_, example) => {
    const { result } = example();
    const [valid, errors] = Schema.Errors(resultSchema, result);
    expect(errors).toEqual([]);
    expect(valid).toBe(true);
  });

  it('are the same each time', () => {
    const description = { settings: [{ maxConcurrency: 2, queueWaitMs: 100 }], trials: 2 };
    expect(benchResult(description).result).toEqual(benchResult(description).result);
  });

  it('have the summaries that the bench would make of their runs', () => {
    const { result, summaries } = benchResult({ settings: [{ maxConcurrency: 2, queueWaitMs: 10, completed: 50 }] });
    const outline = (summary: SettingSummary | undefined): unknown => ({
      ...summary,
      metrics: Object.entries(summary?.metrics ?? {}).map(([name, { count, p50 }]) => [name, count, p50]),
      histograms: [...(summary?.histograms.keys() ?? [])],
      queueShare: summary?.queueShare?.toFixed(2),
    });
    expect(summaries.map(outline)).toEqual(summarise(result.runs).map(outline));
  });

  it('have a run for each setting and trial, trial by trial', () => {
    const { result, summaries } = benchResult({ settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2 }], trials: 2 });
    expect(result.runs.map(({ settings, trial }) => [settings.max_concurrency, trial])).toEqual([
      [1, 1],
      [2, 1],
      [1, 2],
      [2, 2],
    ]);
    expect(summaries.map(({ trials, requests }) => [trials, requests.completed])).toEqual([
      [2, 2400],
      [2, 2400],
    ]);
  });
});
