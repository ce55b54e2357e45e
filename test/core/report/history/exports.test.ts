import { Ajv } from 'ajv';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { allMetrics, defaultMetrics } from '../../../../src/core/compare/compared-metric.js';
import { exportContent, type Exported } from '../../../../src/core/report/history/exports.js';
import { parseAs } from '../../../support/parse-as.js';
import { entryAt } from '../../history/entries.js';

/**
 * What github-action-benchmark reads: `BenchmarkResult` in its src/extract.ts, without the conversions that it would make.
 */
const githubActionBenchmark = Type.Array(
  Type.Object(
    {
      name: Type.String(),
      unit: Type.String(),
      value: Type.Number(),
      range: Type.Optional(Type.String()),
      extra: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
);

/** Bencher Metric Format, as https://bencher.dev/bmf.json describes it, but with no other fields. */
const measure = {
  type: 'object',
  required: ['value'],
  additionalProperties: false,
  properties: { value: { type: 'number' }, lower_value: { type: 'number' }, upper_value: { type: 'number' } },
};
const bencher = {
  type: 'object',
  patternProperties: { '.+': { type: 'object', patternProperties: { '.+': measure } } },
};

const metrics = defaultMetrics('closed');
const exported: Exported = { entry: entryAt(0), trials: [entryAt(0, 0.9), entryAt(0, 1.1)], metrics };

describe('github-action-benchmark', () => {
  it('gets latencies and rates in separate files, because a file has one direction', () => {
    const smaller = parseAs(githubActionBenchmark, exportContent(exported, 'customSmallerIsBetter'));
    const bigger = parseAs(githubActionBenchmark, exportContent(exported, 'customBiggerIsBetter'));
    const names = (results: typeof smaller): readonly string[] =>
      results.map(({ name, unit }) => `${name.replace(/^.*: /, '')} ${unit}`);
    expect(names(smaller)).toEqual([
      ...['ttft.p50', 'ttft.p95', 'queue_wait.p95', 'tpot.p50', 'tpot.p95', 'e2e.p95'].map((id) => `${id} ms`),
    ]);
    expect(names(bigger)).toEqual([
      'output_tokens_per_second tokens/s',
      'requests_per_second requests/s',
      'success_rate share',
    ]);
  });

  it('gets names that stay the same across commits, and the range of the trials', () => {
    const [first] = parseAs(githubActionBenchmark, exportContent(exported, 'customSmallerIsBetter'));
    expect(first?.name).toBe('qwen2.5-0.5b-instruct-q4_k_m: 8 clients and max-concurrency 2: ttft.p50');
    expect(first?.range).toMatch(/^\d+ ms to \d+ ms$/);
  });
});

describe('Bencher', () => {
  it('gets its metric format, with a slug for each measure', () => {
    const content = exportContent(exported, 'bencher');
    const validate = new Ajv().compile(bencher);
    validate(content);
    expect(validate.errors).toBeNull();
    const [[name, measures] = ['', {}]] = Object.entries(content);
    expect(name).toBe('qwen2.5-0.5b-instruct-q4_k_m: 8 clients and max-concurrency 2');
    expect(Object.keys(measures as object).slice(0, 3)).toEqual(['ttft-p50-ms', 'ttft-p95-ms', 'queue-wait-p95-ms']);
  });

  it('gets valid slugs for every figure', () => {
    const all = exportContent({ ...exported, metrics: allMetrics }, 'bencher');
    for (const slug of Object.values(all).flatMap((measures) => Object.keys(measures as object))) {
      expect(slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
      expect(slug.length).toBeLessThanOrEqual(64);
    }
  });

  it('gets values alone if the trials are not known', () => {
    const content = JSON.stringify(exportContent({ ...exported, trials: [] }, 'bencher'));
    expect(content).not.toContain('lower_value');
  });
});

it.each(['customSmallerIsBetter', 'bencher'] as const)('%s gets no figure that is not known', (format) => {
  const goodput = allMetrics.filter(({ id }) => id === 'goodput');
  expect(Object.keys(exportContent({ ...exported, metrics: goodput }, format))).toEqual([]);
});
