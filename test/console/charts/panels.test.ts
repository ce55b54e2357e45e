import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HistorySample } from '../../../console/src/api/wire.js';
import type { Past } from '../../../console/src/charts/shown.js';
import { pastOf, sampleAt } from './samples.js';

interface Panel {
  readonly id: string;
  readonly unit?: number;
  readonly format: (value: number) => string;
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

/** The types of browsers, with which the console is checked, are not those of the tests. */
const modules = { panels: '../../../console/src/charts/panels.js', words: '../../../console/src/charts/words.js' };

let panels: (past: Past) => readonly Panel[];

beforeAll(async () => {
  // The words follow the language of the page.
  vi.stubGlobal('document', { documentElement: {} });
  vi.stubGlobal('navigator', { languages: ['en'] });
  const { panelsOf } = (await import(modules.panels)) as {
    panelsOf: (past: Past, words: unknown) => readonly Panel[];
  };
  const { chartsWords } = (await import(modules.words)) as { chartsWords: () => unknown };
  panels = (past) => panelsOf(past, chartsWords());
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** The values of the lines of a chart, by their labels. */
function linesOf(past: Past, id: string): unknown {
  const panel = panels(past).find((each) => each.id === id);
  return panel && Object.fromEntries(panel.lines.map(({ label, values }) => [label, values]));
}

const one = (seen: Partial<HistorySample>): Past => pastOf([sampleAt(0), sampleAt(5000, seen)]);

describe('the charts', () => {
  it('show what has ended per minute: refusals apart from what was not finished', () => {
    const past = one({ completed: 5, refused: 3, cancelled: 1, failed: 1, timed_out: 2 });
    expect(linesOf(past, 'ended')).toEqual({ completed: [0, 60], unfinished: [0, 48], refused: [0, 36] });
  });

  it('show tokens per second, and the share of prompts that was cached, if there were any', () => {
    const past = one({ output_tokens: 50, prompt_tokens: 40, cached_tokens: 10 });
    expect(linesOf(past, 'tokens')).toEqual({ 'tokens/s': [0, 10] });
    expect(linesOf(past, 'cache')).toEqual({ cached: [null, 0.25] });
  });

  it('show percentiles of the time in which there were some', () => {
    const past = one({ ttft_ms: { p50: 100, p95: 300 } });
    expect(linesOf(past, 'ttft')).toEqual({ p50: [null, 100], p95: [null, 300] });
    expect(linesOf(past, 'queue-wait')).toEqual({ p50: [null, null], p95: [null, null] });
  });

  it.each([
    { p95: 59_000, unit: 1 },
    { p95: 64_000, unit: 60_000 },
    { p95: 3_700_000, unit: 3_600_000 },
  ])('end at whole minutes where times are that long, and at whole hours: $p95 ms', ({ p95, unit }) => {
    const panel = panels(one({ queue_wait_ms: { p50: 10, p95 } })).find(({ id }) => id === 'queue-wait');
    expect(panel?.unit).toBe(unit);
  });

  it('show all times in units that fit them, so that those of a request can be compared', () => {
    const times = panels(one({})).filter(({ id }) => ['ttft', 'queue-wait', 'inter-token'].includes(id));
    expect(times.map(({ format }) => [0, 0.4, 303, 1200, 65_000].map(format))).toEqual(
      Array.from({ length: 3 }, () => ['0 ms', '0.4 ms', '303 ms', '1.2 s', '1 m 05 s']),
    );
  });

  it('show the GPU where the engine uses one, up to the memory of all', () => {
    const card = { name: 'H100', used: 0.5, memory_used_bytes: 10, memory_total_bytes: 80 };
    const past = pastOf([sampleAt(0), sampleAt(5000, { gpu: { used: 0.75, memory_used_bytes: 40 } })], [card, card]);
    expect(linesOf(past, 'gpu')).toEqual({ used: [null, 0.75] });
    expect(linesOf(past, 'gpu-memory')).toEqual({ used: [null, 40] });
    const shown = panels(past);
    expect(shown.find(({ id }) => id === 'gpu')).toMatchObject({ note: 'H100', most: 1 });
    expect(shown.find(({ id }) => id === 'gpu-memory')).toMatchObject({ most: 160 });
    expect(panels(pastOf([sampleAt(0)], [card])).map(({ id }) => id)).not.toContain('gpu');
  });
});
