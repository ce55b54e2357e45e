import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../../src/core/report/bench/columns.js';
import { toMarkdown } from '../../../../src/core/report/bench/formats/markdown.js';
import { toHtml } from '../../../../src/core/report/html/page.js';
import { benchResult } from '../../../support/bench-result.js';

const headings = (counts: readonly number[]): readonly string[] => {
  const { result, summaries } = benchResult({
    settings: counts.map((completed, index) => ({ maxConcurrency: index + 1, completed, queueWaitMs: 5 })),
  });
  return columnsOf(result, summaries).map(({ group, heading }) => `${group} ${heading}`);
};

describe('the columns of latencies', () => {
  it('have the mean where no setting has enough requests for a percentile', () => {
    const few = headings([3, 4]);
    expect(few).toEqual(expect.arrayContaining(['TTFT, ms mean', 'queue wait, ms mean', 'TPOT, ms mean']));
    expect(few.filter((heading) => /p\d/.test(heading))).toEqual([]);
  });

  it('have no mean beside a percentile, nor where nothing was answered', () => {
    expect(headings([3, 100]).filter((heading) => heading.endsWith('mean'))).toEqual([]);
    expect(headings([0]).filter((heading) => heading.endsWith('mean'))).toEqual([]);
  });

  it('name the unit of the mean in every report', async () => {
    const { result, summaries } = benchResult({ settings: [{ completed: 3 }] });
    expect(toMarkdown(result, summaries)).toContain('| TTFT mean, ms |');
    expect(await toHtml(result, summaries)).toContain('TTFT mean, ms');
  });
});
