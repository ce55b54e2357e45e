import { describe, expect, it } from 'vitest';
import { toHgrm } from '../../../../../src/core/report/bench/formats/hgrm.js';
import { examples } from '../examples.js';

describe('the HdrHistogram file', () => {
  it('has a section for every setting and latency that has samples', () => {
    const { result, summaries } = examples.derived();
    const names = Array.from(toHgrm(result, summaries).matchAll(/^#\[Section: (.*)\]$/gm), ([, name]) => name);
    expect(names).toHaveLength(6 * 8);
    expect(names.slice(0, 2)).toEqual(['ttft concurrency=1', 'ttft_from_schedule concurrency=1']);
    expect(names).not.toContain('delivery concurrency=1');
  });

  it('has sections that are whole distributions in milliseconds', () => {
    const { result, summaries } = examples.sweep();
    const [, section = ''] = toHgrm(result, summaries).split(/^#\[Section: .*\]$/m);
    expect(section).toContain('Value     Percentile TotalCount 1/(1-Percentile)');
    expect(section).toMatch(/^#\[Max {5}= +10\d{3}\.\d+, Total count {4}= +1200\]$/m);
    const median = /^ +(\S+) 0\.500000000000 /m.exec(section)?.[1];
    expect(Number(median)).toBe(summaries[0]?.metrics.ttft.p50);
  });

  it('says how to cut one out', () => {
    const { result, summaries } = examples.sweep();
    expect(toHgrm(result, summaries)).toContain('index($0, "#[Section: ttft concurrency=8 max_concurrency=1]")');
  });

  it('says that there is nothing', () => {
    const { result, summaries } = examples.nothing();
    expect(toHgrm(result, summaries)).toContain('there are no sections');
  });
});
