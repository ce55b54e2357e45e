import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly string[];
}

/** The metrics in a text of Prometheus' format. A sample belongs to the metric that was described last. */
function metricsIn(text: string): Metric[] {
  return text
    .split(/^(?=# HELP )/m)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/m.exec(block) ?? [];
      const type = new RegExp(`^# TYPE ${name} (\\w+)$`, 'm').exec(block)?.[1] ?? '';
      return { name, help, type, samples: block.split('\n').filter((line) => line !== '' && !line.startsWith('#')) };
    });
}

const otherUnits =
  'milliseconds|microseconds|nanoseconds|minutes|hours|days|kilobytes|megabytes|gigabytes|bits|kilobits|megabits|percent|celsius_degrees';
const abbreviations = 's|ms|us|ns|sec|b|kb|mb|gb|tb|pb|m|h|d';
const types = 'counter|gauge|histogram|summary|untyped';

/** The rules of \`promtool check metrics\`, each with what it says about a metric that breaks it. */
const rules: Readonly<Record<string, (metric: Metric) => boolean>> = {
  'has a help text': ({ help }) => help.trim() !== '',
  'has a type': ({ type }) => new RegExp(`^(${types})$`).test(type),
  'has samples of its own name only': ({ name, type, samples }) => {
    const suffix = { histogram: '(_bucket|_sum|_count)', summary: '(_sum|_count)?' }[type] ?? '';
    return samples.every((sample) => new RegExp(`^${name}${suffix}[{ ]`).test(sample));
  },
  'ends in _total if it is a counter': ({ name, type }) => type !== 'counter' || name.endsWith('_total'),
  'does not end in _total if it is no counter': ({ name, type }) => type === 'counter' || !name.endsWith('_total'),
  'does not end like the samples of a histogram or a summary': ({ name, type }) =>
    type === 'histogram' || type === 'summary' || !/_(bucket|count|sum)$/.test(name),
  'has no label "le" unless it is a histogram': ({ type, samples }) =>
    type === 'histogram' || !samples.some((sample) => /[{,]le="/.test(sample)),
  'has no label "quantile" unless it is a summary': ({ type, samples }) =>
    type === 'summary' || !samples.some((sample) => /[{,]quantile="/.test(sample)),
  'does not have its type in its name': ({ name }) => !new RegExp(`_(${types})(_|$)`).test(name),
  'uses base units': ({ name }) => !new RegExp(`_(${otherUnits})(_|$)`).test(name),
  'writes its unit out': ({ name }) => !new RegExp(`_(${abbreviations})(_total)?$`).test(name),
  'is in lower case with underscores, also in its labels': ({ name, samples }) =>
    /^[a-z][a-z0-9_]*$/.test(name) &&
    samples.every((sample) => [...sample.matchAll(/[{,](\w+)="/g)].every(([, label = '']) => /^[a-z_]+$/.test(label))),
};

describe('the names of all metrics', () => {
  let shared: TestApp;
  let metrics: readonly Metric[] = [];

  beforeAll(async () => {
    shared = await createTestApp();
    metrics = metricsIn((await shared.get('/metrics')).body);
  });

  afterAll(() => shared.close());

  it('are read from the server', () => {
    expect(metrics.length).toBeGreaterThan(30);
    expect(metrics.map(({ name }) => name)).toContain('nodejs_active_handles');
  });

  it('are used once each', () => {
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });

  it.each(Object.entries(rules))('keep the rule: each %s', (_rule, keeps) => {
    expect(metrics.filter((metric) => !keeps(metric)).map(({ name }) => name)).toEqual([]);
  });
});

describe('the rules', () => {
  it.each([
    ['nodejs_active_handles_total', 'gauge', 'does not end in _total if it is no counter'],
    ['requests', 'counter', 'ends in _total if it is a counter'],
    ['queue_wait_milliseconds', 'gauge', 'uses base units'],
    ['queue_wait_ms', 'gauge', 'writes its unit out'],
    ['request_count', 'gauge', 'does not end like the samples of a histogram or a summary'],
    ['wait_gauge', 'gauge', 'does not have its type in its name'],
  ])('find that %s is wrong as a %s', (name, type, rule) => {
    expect(rules[rule]?.({ name, type, help: 'x', samples: [] })).toBe(false);
  });
});
