import { describe, expect, it } from 'vitest';
import { headlineMetrics, trendsOf } from '../../../../src/core/history/trend.js';
import { axisAround } from '../../../../src/core/report/history/axis.js';
import { trendChart } from '../../../../src/core/report/history/trend-chart.js';
import { entriesOf, entryAt, steady } from '../../history/entries.js';
import { parseXml } from '../compare/xml.js';

const metrics = headlineMetrics('closed');
const chart = trendChart(trendsOf(entriesOf([...steady(17), ...steady(4, 1.2)]), metrics, 20));

describe('the picture of a trend', () => {
  it('is well-formed', () => {
    expect(() => parseXml(chart)).not.toThrow();
  });

  it('stands alone: nothing is loaded, and it adapts to dark backgrounds', () => {
    expect(chart).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(chart).not.toMatch(/href=|<script|<image|@import|url\(/);
    expect(chart).toContain('prefers-color-scheme: dark');
  });

  it('marks a change with its commit, as worse or better', () => {
    expect(chart.match(/<line class="worse"/g)).toHaveLength(4);
    expect(chart).toMatch(/<text class="worse"[^>]*>11c0ffe \+\d\d\.\d\u00a0%<\/text>/);
    expect(chart).toMatch(/<text class="worse"[^>]*>11c0ffe −\d\d\.\d\u00a0%<\/text>/);
  });

  it('stays within its width and height', () => {
    const height = Number(/height="(\d+)"/.exec(chart)?.[1]);
    const numbers = (name: string): number[] =>
      Array.from(chart.matchAll(new RegExp(` ${name}="(-?[\\d.]+)"`, 'g')), ([, text]) => Number(text));
    for (const x of ['x', 'x1', 'x2', 'cx'].flatMap(numbers)) expect(x >= 0 && x <= 720).toBe(true);
    for (const y of ['y', 'y1', 'y2', 'cy'].flatMap(numbers)) expect(y >= 0 && y <= height).toBe(true);
  });

  it('escapes what comes from elsewhere', () => {
    const hostile = { ...entryAt(0), target: { ...entryAt(0).target, model: '<script>&"' } };
    expect(trendChart(trendsOf([hostile], metrics, 20))).toContain('&lt;script&gt;&amp;&quot;');
  });

  it('exists for a single result, and for none', () => {
    expect(trendChart(trendsOf([entryAt(0)], metrics, 20))).toContain('<circle');
    expect(() => parseXml(trendChart(trendsOf([], metrics, 20)))).not.toThrow();
  });
});

describe('an axis', () => {
  it.each([
    [
      [95, 105],
      [80, 90, 100, 110, 120],
    ],
    [[100], [80, 90, 100, 110, 120]],
    [
      [0, 10],
      [0, 5, 10, 15],
    ],
    [
      [0, 0],
      [0, 0.5, 1],
    ],
    [
      [0.0021, 0.0022],
      [0.0018, 0.002, 0.0022, 0.0024, 0.0026],
    ],
  ])('around %j has round ticks, and does not blow up noise', (values, ticks) => {
    const axis = axisAround(values);
    expect(axis.ticks.at(0)).toBeLessThanOrEqual(Math.min(...values));
    expect(axis.ticks.at(-1)).toBeGreaterThanOrEqual(Math.max(...values));
    expect(axis.ticks.length).toBeLessThanOrEqual(8);
    expect(axis).toMatchObject({ from: axis.ticks[0], to: axis.ticks.at(-1) });
    expect(axis.ticks.slice(0, 1)).toEqual(ticks.slice(0, 1));
  });
});
