import { describe, expect, it } from 'vitest';
import type { FindMax } from '../../../../src/core/measurement/find-max-schema.js';
import type { BenchResult } from '../../../../src/core/measurement/result-schema.js';
import { columnsOf } from '../../../../src/core/report/bench/columns.js';
import { findMaxCurves, findMaxSentences, findMaxTable } from '../../../../src/core/report/bench/find-max.js';
import { toMarkdown } from '../../../../src/core/report/bench/markdown.js';
import { renderReport } from '../../../../src/core/report/bench/terminal.js';
import { truthWarnings } from '../../../../src/core/report/bench/warnings.js';
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
    const points = [pointOf(4, 120, 'holds'), pointOf(8, 130, 'holds')];
    expect(sentencesOf({ status: 'all-hold', load: 8, lower: null, upper: null, next_to_break: null, points })).toEqual(
      [
        'ttft.p95<500ms holds at every load that was measured, up to 8.00 requests/s. That is the highest load that a search tries.',
      ],
    );
    expect(sentencesOf({ status: 'none-hold', load: null, lower: null, upper: null })[0]).toMatch(
      /does not hold even at 4\.00 requests\/s.*Try a more generous limit/,
    );
  });

  it.each([
    [
      undefined,
      'The server has 8 slots, so settings above that were not measured. Start the server with --slots 16 to measure them, or raise the load.',
    ],
    ['upstreams', "The server's upstreams have 8 places, so settings above that were not measured. Give the server's"],
    [
      'nodes',
      "The cluster's nodes have 8 slots, so settings above that were not measured. Give the cluster's nodes 16",
    ],
  ])('says what to give more slots where every setting holds: %s', (at, text) => {
    const points = [pointOf(4, 120, 'holds'), pointOf(8, 130, 'holds')];
    const { result } = searchOf({ by: 'max-concurrency', status: 'all-hold', load: 8, next_to_break: null, points });
    const settings = { ...result.target.settings, ...(at !== undefined && { slots_at: at }) };
    expect(findMaxSentences({ ...result, target: { ...result.target, settings } })[0]).toContain(`8. ${text}`);
  });

  it('says at which loads it is unclear whether everything holds', () => {
    const verdicts = (one: 'holds' | 'unclear', two: 'holds' | 'unclear', four: 'holds' | 'unclear'): string => {
      const points = [pointOf(1, 480, one), pointOf(2, 470, two), pointOf(4, 120, four)];
      const all = { status: 'all-hold', load: 4, lower: null, upper: null, next_to_break: null, points } as const;
      return sentencesOf({ ...all, by: 'max-concurrency' })[0]?.split('. ', 1)[0] ?? '';
    };
    expect(verdicts('unclear', 'unclear', 'holds')).toBe(
      'ttft.p95<500ms holds at max-concurrency 4; max-concurrency 1 and 2 are unclear',
    );
    expect(verdicts('holds', 'unclear', 'holds')).toBe(
      'ttft.p95<500ms holds at max-concurrency 4; max-concurrency 2 is unclear',
    );
    expect(verdicts('holds', 'holds', 'unclear')).toBe(
      'ttft.p95<500ms seems to hold up to max-concurrency 4; max-concurrency 4 is unclear',
    );
    expect(verdicts('holds', 'holds', 'holds')).toBe(
      'ttft.p95<500ms holds at every load that was measured, up to max-concurrency 4',
    );
  });

  it('says what ended a search too early, and what helps against that', () => {
    const points = [pointOf(4, 120, 'holds'), pointOf(8, 130, 'holds')];
    const cut = { status: 'all-hold', finished: false, load: 8, lower: null, upper: null, points } as const;
    expect(sentencesOf(cut)[0]).toContain('give it more time, or a higher load to begin with.');
    expect(sentencesOf({ ...cut, client_full: true })[0]).toMatch(
      /up to 8\.00 requests\/s\. The load generator could not send more: give it more --workers, or more machines \(--agents\)\.$/,
    );
    expect(sentencesOf({ ...cut, status: 'none-hold', load: null })[0]).toContain('or a lower load to begin with.');
  });

  it('says which promises no answer has a value for, and why', () => {
    const points = [pointOf(1, 100, 'unclear')].map((point) => {
      const [known] = point.promises;
      if (known === undefined) throw new Error('no promise');
      const unknown = ['tpot.p95<50ms', 'queue_wait.p95<1s'].map((text) => ({
        ...known,
        promise: text,
        missed_share: null,
      }));
      return { ...point, promises: [known, ...unknown] };
    });
    const none = { status: 'unjudged', load: null, lower: null, upper: null, next_to_break: null, points } as const;
    expect(sentencesOf(none)).toEqual([
      'tpot.p95<50ms and queue_wait.p95<1s cannot be judged here: answers have one token, or come all at once and the server does not report its own times. Search for another promise.',
    ]);
  });

  it('says that the load generator could not even send the first load', () => {
    const nothing: Partial<FindMax> = { status: 'nothing-measured', load: null, points: [], finished: false };
    expect(sentencesOf({ ...nothing, client_full: true })[0]).toMatch(
      /^Nothing was measured\. The load generator could not send more: give it more --workers/,
    );
    expect(sentencesOf(nothing)[0]).toBe('The search ended before anything was measured.');
  });

  it('warns of loads that were measured too briefly to tell whether the server can follow, unless a promise breaks', () => {
    const points = [pointOf(4, 120, 'unclear'), pointOf(5.6, 480, 'unclear'), pointOf(8, 2400, 'breaks')];
    const { result } = searchOf({ points });
    const untold = { beside: { filling_seconds: 12 }, concurrency: null };
    const told = { concurrency: null };
    const { runs } = benchResult({
      settings: [
        { rate: 4, ...untold },
        { rate: 5.6, ...untold },
        { rate: 5.6, ...told },
        { rate: 8, ...untold },
      ],
    }).result;
    const warned = truthWarnings({ ...result, runs }).filter((text) => text.includes('cannot be told'));
    expect(warned).toEqual([
      expect.stringMatching(
        /can follow the load at 4\.00 requests\/s cannot be told.*Measure for about 40 s \(-d\)\.$/,
      ),
    ]);
  });

  it('says from where to where promises hold that break below as well', () => {
    const points = [1, 3, 11, 16].map((load) => pointOf(load, 400, load === 1 || load === 16 ? 'breaks' : 'holds'));
    const slots = { by: 'max-concurrency', load: 11, lower: 11, upper: 12, holds_from: 3, points } as const;
    expect(sentencesOf(slots)).toEqual([
      'ttft.p95<500ms holds from max-concurrency 3 to 11 (95 % interval 11 to 12); the next promise to break is ttft.p95.',
      'The results are not monotonic: a promise breaks below max-concurrency 3 as well.',
    ]);
    expect(sentencesOf({ ...slots, holds_from: 11 })[0]).toContain('holds only at max-concurrency 11 (');
    expect(sentencesOf({ ...slots, status: 'all-hold', load: 16 })[0]).toContain(
      'holds from max-concurrency 3 to 16. The server has 16 slots, so',
    );
  });

  it('says of which settings none holds, and never so of higher ones that were not measured', () => {
    const points = [1, 2, 4].map((load) => pointOf(load, 900, 'breaks'));
    const none = { by: 'max-concurrency', status: 'none-hold', load: null, lower: null, upper: null, points } as const;
    expect(sentencesOf(none)[0]).toMatch(
      /does not hold at any max-concurrency that was measured, from 1 to 4: .* Try a/,
    );
    const [stopped] = sentencesOf({ ...none, finished: false });
    expect(stopped).toContain('ended before it had measured every setting that the server has slots for');
    expect(stopped).not.toContain('Try a more generous limit');
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

  it('shows the run over time at the highest load that was measured up to the answer', async () => {
    const { result } = searchOf({ load: 5.637 });
    const measured = benchResult({ settings: [4, 5.6, 8].map((rate) => ({ rate, concurrency: null })) });
    const series = {
      ...{ bin_seconds: 1, sent: [5, 5], completed: [5, 5], failed: [0, 0], output_tokens: [300, 300] },
      ...{ in_flight: [2, 2], ttft: [], tpot: [] },
    };
    const runs = measured.result.runs.map((run) => ({ ...run, series }));
    const page = await toHtml({ ...result, runs }, measured.summaries);
    const [unfolded = ''] = page.split('Over the run at the other settings');
    expect(unfolded.match(/<h2>Over the run: [^<]*/g)).toEqual(['<h2>Over the run: 5.60 requests/s']);
  });

  it('draws the limits of its promises wherever it draws latencies', async () => {
    const { result } = searchOf();
    const measured = benchResult({ settings: [4, 5.6].map((rate) => ({ rate, concurrency: null })) });
    const find_max = { promises: ['ttft_from_schedule.p95<300ms'], by: 'rate', precision: 0.05, start: 1 } as const;
    const page = await toHtml(
      {
        ...result,
        runs: measured.result.runs,
        plan: { ...result.plan, find_max: { ...find_max, promises: [...find_max.promises] } },
      },
      measured.summaries,
    );
    const figures = page
      .split('<figcaption>')
      .filter((each) => /^<h2>(TTFT from schedule|Throughput and latency)/.test(each));
    expect(figures).toHaveLength(2);
    for (const figure of figures) expect(figure).toContain('ttft_from_schedule.p95&lt;300ms');
  });

  it('shows no percentile of a load at which the queue grew without end', async () => {
    const slope = { slope: 5, lower: 4, upper: 6 };
    const overload = { in_flight_per_second: slope, ttft_ms_per_second: slope };
    const { result } = searchOf();
    const measured = benchResult({
      settings: [
        { rate: 4, concurrency: null },
        { rate: 8, concurrency: null, prefillMs: 6170, beside: { overload } },
      ],
    });
    const search = { ...result, runs: measured.result.runs };
    const columns = columnsOf(search, measured.summaries);
    expect(columns.find(({ heading }) => heading === 'p95')?.cells[1]).toBe('↗');
    const text = toMarkdown(search, measured.summaries);
    expect(text).toContain('↗ grew as long as was measured');
    // The answer of the search names the load.
    expect(text).not.toContain('The queue grew without end at rate');
    expect(await toHtml(search, measured.summaries)).toMatch(/<td [^>]*>↗<\/td>/);
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

describe('the HTML report of a search', () => {
  it('has the answer, the curve, the points, the command and the data first, and folds the rest', async () => {
    const { result, summaries } = searchOf();
    const html = await toHtml({ ...result, command: 'chatstream bench --rate 4' }, summaries);
    const places = [
      'holds up to 5.60 requests/s',
      'ttft.p95&lt;500ms by load</h2>',
      '<h2>Loads that were measured</h2>',
      '<h2>Command</h2>',
      '<h2>Data</h2>',
      '<details',
      '<summary>All figures of each load</summary>',
      '<summary>Plan, server and machine</summary>',
    ].map((text) => html.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(html).not.toMatch(/<details[^>]*\bopen\b/);
  });
});
