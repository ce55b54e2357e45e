import { readFileSync } from 'node:fs';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { parseAs } from '../support/parse-as.js';
import { readPage, root, rowsOf } from './markdown.js';

/** Every metric of chatstream's own, as the documentation lists them; a test compares that list with the real ones. */
const documented = new Set(
  rowsOf(readPage('docs/monitoring.md'), 'name').flatMap(
    (row) => /chatstream_\w+/.exec(row.get('name') ?? '')?.[0] ?? [],
  ),
);

const dashboard = Type.Object({
  panels: Type.Array(
    Type.Object({
      id: Type.Integer(),
      gridPos: Type.Object({ x: Type.Integer(), y: Type.Integer(), w: Type.Integer(), h: Type.Integer() }),
    }),
  ),
});

function metricsIn(file: string): readonly string[] {
  const names = readFileSync(`${root}examples/grafana/${file}`, 'utf8').match(/chatstream_\w+/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(?:bucket|sum|count)$/, '')))];
}

/** What the dashboard does not show, and why. */
const leftOut: ReadonlyMap<string, string> = new Map([
  ['chatstream_prompt_cache_tokens_total', 'chatstream_cached_tokens_total says the same of requests that have ended'],
]);

describe('examples/grafana', () => {
  it.each(['dashboard.json', 'alerts.yml', 'alerts.test.yml'])('%s asks only for metrics that exist', (file) => {
    const metrics = metricsIn(file);
    expect(metrics.length).toBeGreaterThan(3);
    expect(metrics.filter((name) => !documented.has(name))).toEqual([]);
  });

  it('shows every other metric on the dashboard', () => {
    const shown = new Set(metricsIn('dashboard.json'));
    expect([...leftOut.keys()].filter((name) => shown.has(name) || !documented.has(name))).toEqual([]);
    expect([...documented].filter((name) => !shown.has(name) && !leftOut.has(name))).toEqual([]);
  });

  it('has panels on the dashboard that do not overlap', () => {
    const { panels } = parseAs(dashboard, JSON.parse(readFileSync(`${root}examples/grafana/dashboard.json`, 'utf8')));
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(panels.length).toBeGreaterThan(10);
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});
