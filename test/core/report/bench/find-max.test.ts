import { describe, expect, it } from 'vitest';
import type { FindMax } from '../../../../src/core/measurement/find-max-schema.js';
import type { BenchResult } from '../../../../src/core/measurement/result-schema.js';
import { findMaxCurves, findMaxSentences, findMaxTable } from '../../../../src/core/report/bench/find-max.js';
import { toMarkdown } from '../../../../src/core/report/bench/markdown.js';
import { renderReport } from '../../../../src/core/report/bench/terminal.js';
import { toHtml } from '../../../../src/core/report/html/page.js';
import { benchResult } from '../../../support/bench-result.js';

const promise = 'ttft.p95<500ms';

function pointOf(
  load: number,
  valueMs: number,
  verdict: FindMax['points'][number]['verdict'],
): FindMax['points'][number] {
  const value = { value_ms: valueMs, value_lower_ms: valueMs * 0.9, value_upper_ms: valueMs * 1.1 };
  const missed = { missed_share: 0.02, missed_lower: 0.01, missed_upper: 0.04 };
  return {
    load,
    measurements: 1,
    requests: 100,
    verdict,
    overloaded: false,
    promises: [{ promise, ...value, ...missed }],
  };
}

function searchOf(found: Partial<FindMax> = {}): {
  result: BenchResult;
  summaries: ReturnType<typeof benchResult>['summaries'];
} {
  const { result, summaries } = benchResult({
    settings: [{ rate: 4, concurrency: null }],
    plan: { find_max: { promises: [promise], by: 'rate', precision: 0.05, start: 1 } },
  });
  const findMax: FindMax = {
    by: 'rate',
    status: 'found',
    finished: true,
    load: 5.6,
    lower: 5.4,
    upper: 5.8,
    next_to_break: promise,
    contradictions: [],
    points: [pointOf(4, 120, 'holds'), pointOf(5.6, 480, 'unclear'), pointOf(8, 2400, 'breaks')],
    ...found,
  };
  return { result: { ...result, find_max: findMax }, summaries };
}

const sentencesOf = (found: Partial<FindMax>): readonly string[] => findMaxSentences(searchOf(found).result);

describe('the answer of a search', () => {
  it('is one sentence with the limit, its interval and what breaks next', () => {
    expect(sentencesOf({})).toEqual([
      'ttft.p95<500ms holds up to 5.60 requests/s (95 % interval 5.40 to 5.80); the next promise to break is ttft.p95.',
    ]);
  });

  it('says how to narrow a wide interval down', () => {
    expect(sentencesOf({ lower: 4 })[0]).toContain('To narrow it down, measure for longer (-d).');
  });

  it('says what to try where everything holds, or nothing', () => {
    expect(sentencesOf({ status: 'all-hold', load: 8, lower: null, upper: null, next_to_break: null })).toEqual([
      'ttft.p95<500ms holds at every load that was measured, up to 8.00 requests/s. Use more --workers, or another machine for the load generator.',
    ]);
    expect(sentencesOf({ status: 'none-hold', load: null, lower: null, upper: null })[0]).toMatch(
      /does not hold even at 4\.00 requests\/s.*Try a more generous limit/,
    );
  });

  it('says that the search was stopped, and that results contradict each other', () => {
    const sentences = sentencesOf({ finished: false, contradictions: [4] }).join(' ');
    expect(sentences).toContain('The search ended before the limit was known as precisely as planned.');
    expect(sentences).toContain('The results are not monotonic: 4.00 requests/s is clearly on the other side');
  });

  it('names a queue that grows without end instead of a promise', () => {
    expect(sentencesOf({ next_to_break: 'overload' })[0]).toContain('above it, the queue grows without end');
  });

  it('comes with a table and a curve with the limit', () => {
    const { result } = searchOf();
    expect(findMaxTable(result)?.rows[1]).toEqual(['5.60', '100', '480 ms', '432 to 528 ms', '2 %', 'unclear']);
    const [curve] = findMaxCurves(result);
    expect(curve?.[0]).toBe('ttft.p95<500ms by load; │ is the limit, 500 ms');
    expect(curve?.[1]).toMatch(/^ {2}4\.00 {2}█+ +│ +120 ms$/);
    expect(curve?.[3]).toMatch(/^ {2}8\.00 {2}█+┃█+ +2\.40 s$/);
  });

  it('is in every report', async () => {
    const { result, summaries } = searchOf();
    const sentence = 'holds up to 5.60 requests/s';
    expect(renderReport(result, summaries, { colour: false, width: 120 })).toContain(sentence);
    expect(toMarkdown(result, summaries)).toContain(sentence);
    const page = await toHtml(result, summaries);
    expect(page).toContain(sentence);
    expect(page).toContain('aria-label="ttft.p95&lt;500ms by load in requests/s.');
  });
});
