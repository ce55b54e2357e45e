import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../../../src/core/report/bench/formats/terminal.js';
import { breakdownsOf } from '../../../../../src/core/report/bench/latency/breakdown.js';
import { groupPlot } from '../../../../../src/core/report/bench/latency/group-plot.js';
import { benchResult, type ResultDescription } from '../../../../support/bench-result.js';
import { around, tenantOf } from '../../../../support/bench-result/tenants.js';

const style = { width: 80, colour: false } as const;

function linesOf(description: ResultDescription): readonly string[] {
  return breakdownsOf(benchResult(description).result).flatMap(({ latencies = [] }) => groupPlot(latencies, style));
}

const two = [tenantOf('anna', around(100, 400)), tenantOf('a-script-that-never-pauses-at-all', around(4000, 400))];

describe('latencies by tenant', () => {
  it('are one line for each, on one axis, with its percentiles', () => {
    const lines = linesOf({ settings: [{ beside: { tenants: two } }] });
    const [heading, anna = '', script = '', axis] = lines;
    expect(heading).toMatch(/^TTFT by tenant .* p50 +p95$/);
    expect(anna).toMatch(/^ {2}anna +[▁-█]+ +100 ms +122 ms$/);
    expect(script).toMatch(/^ {2}a-script-that-never-pau… +[▁-█]+ +4\.\d+ s +\d\.\d+ s$/);
    expect(script.search('[▁-█]')).toBeGreaterThan(anna.search(/[▁-█](?!.*[▁-█])/));
    expect(axis).toMatch(/^ {28}[└─]/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(style.width);
  });

  it('name the setting where there are several', () => {
    const settings = [2, 16].map((maxConcurrency) => ({ maxConcurrency, beside: { tenants: two } }));
    const labels = linesOf({ settings }).map((line) => /^ +(2|16) {2}(anna|a-s)/.exec(line)?.slice(1).join(' '));
    expect(labels.filter((label) => label !== undefined)).toEqual(['2 anna', '2 a-s', '16 anna', '16 a-s']);
  });

  it('are dots where there are few requests, and nothing of those that were never answered', () => {
    const tenants = [tenantOf('few', [90, 95, 400]), tenantOf('none', [])];
    const lines = linesOf({ settings: [{ beside: { tenants } }] });
    expect(lines.filter((line) => /^ +(few|none)/.test(line))).toEqual([expect.stringMatching(/^ {2}few +[•●]/)]);
  });

  it('are of whole answers where answers come as one', () => {
    const [heading, first] = linesOf({ plan: { streaming: false }, settings: [{ beside: { tenants: two } }] });
    expect(heading).toMatch(/^E2E by tenant/);
    expect(first).toMatch(/^ {2}anna +[▁-█]+ +999 ms +1\.23 s$/);
  });

  it('come after the table of tenants, and only where there are some', () => {
    const { result, summaries } = benchResult({ settings: [{ beside: { tenants: two } }] });
    expect(renderReport(result, summaries, style)).toMatch(/By tenant\n[^]*TTFT by tenant/);
    expect(linesOf({ settings: [{}] })).toEqual([]);
    expect(linesOf({ settings: [{ beside: { tenants: [tenantOf('none', [])] } }] })).toEqual([]);
  });
});
