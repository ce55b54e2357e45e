import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPage, root, rowsOf } from './markdown.js';

/** Every metric of chatstream's own, as the documentation lists them; a test compares that list with the real ones. */
const documented = new Set(
  rowsOf(readPage('docs/serve.md'), 'name').flatMap((row) => /chatstream_\w+/.exec(row.get('name') ?? '')?.[0] ?? []),
);

function metricsIn(file: string): readonly string[] {
  const names = readFileSync(`${root}examples/grafana/${file}`, 'utf8').match(/chatstream_\w+/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(?:bucket|sum|count)$/, '')))];
}

describe('examples/grafana', () => {
  it.each(['dashboard.json', 'alerts.yml', 'alerts.test.yml'])('%s asks only for metrics that exist', (file) => {
    const metrics = metricsIn(file);
    expect(metrics.length).toBeGreaterThan(3);
    expect(metrics.filter((name) => !documented.has(name))).toEqual([]);
  });
});
