import { describe, expect, it } from 'vitest';
import type { FindMax } from '../../../../../src/core/measurement/result-schema.js';
import { findMaxSentences } from '../../../../../src/core/report/bench/conclusions/find-max-answer.js';
import { renderReport } from '../../../../../src/core/report/bench/formats/terminal.js';
import { truthWarnings } from '../../../../../src/core/report/bench/notes/warnings.js';
import { toHtml } from '../../../../../src/core/report/html/page.js';
import { benchResult } from '../../../../support/bench-result.js';
import { pointOf, searchOf } from '../searches.js';

const sentencesOf = (found: Partial<FindMax>): readonly string[] => findMaxSentences(searchOf(found).result);

describe('the answer of a search', () => {
  it('is one sentence with the limit and its interval', () => {
    expect(sentencesOf({})).toEqual(['ttft.p95<500ms holds up to 5.60 requests/s (95 % interval 5.40 to 5.80).']);
  });

  it('names the objective that is missed next only where there are several', () => {
    const { result } = searchOf();
    const find_max = { promises: ['ttft.p95<500ms', 'tpot.p99<50ms'], by: 'rate', precision: 0.05, start: 1 } as const;
    const plan = { ...result.plan, find_max: { ...find_max, promises: [...find_max.promises] } };
    expect(findMaxSentences({ ...result, plan })[0]).toMatch(
      /5\.80\); the next objective to be missed is ttft\.p95\.$/,
    );
    expect(sentencesOf({ status: 'none-hold', load: null, lower: null, upper: null })[0]).toBe(
      'ttft.p95<500ms does not hold even at 4.00 requests/s, the lowest load that was measured. Try a more generous limit, or shorter prompts and answers.',
    );
  });

  it('states no limit as a fact if no measured load is known to hold', () => {
    const points = [pointOf(4, 480, 'unclear'), pointOf(5.66, 700, 'breaks')];
    expect(sentencesOf({ load: 4.76, lower: null, upper: 5.66, finished: false, points })[0]).toMatch(
      /^ttft\.p95<500ms seems to hold up to 4\.76 requests\/s \(at most 5\.66 with 97\.5 % confidence\), but no measured load is known to hold and the search ended before the limit was known as precisely as planned\. To narrow/,
    );
    // One that holds beyond the limit says nothing of the loads up to it.
    const odd = [...points, pointOf(8, 100, 'holds')];
    expect(sentencesOf({ load: 4.76, contradictions: [8], points: odd })[0]).toMatch(
      /seems to hold up to .*, but no measured load is known to hold and the results are not monotonic\./,
    );
  });

  it('names lower loads that are unclear, but not those within its interval', () => {
    const points = [pointOf(2, 490, 'unclear'), pointOf(4, 120, 'holds'), pointOf(5.6, 480, 'unclear')];
    expect(sentencesOf({ points })[0]).toMatch(/\(95 % interval 5\.40 to 5\.80\); 2\.00 requests\/s is unclear\.$/);
  });

  const unclear = [pointOf(2, 490, 'unclear'), pointOf(4, 120, 'holds'), pointOf(8, 2400, 'breaks')];
  it.each<readonly [string, boolean, Partial<FindMax>]>([
    ['found as planned', true, {}],
    ['cut short', false, { finished: false }],
    ['with an unclear load', false, { points: unclear }],
    ['without a load that holds', false, { points: unclear.filter(({ verdict }) => verdict !== 'holds') }],
    ['not monotonic', false, { contradictions: [4] }],
    ['an objective that is missed everywhere', false, { status: 'none-hold', load: null, lower: null, upper: null }],
  ])('is green only without reservations: %s', async (_, isGreen, found) => {
    const { result, summaries } = searchOf(found);
    const page = await toHtml(result, summaries);
    expect(/<p class="(\w+)">ttft\.p95&lt;500ms (?:holds|seems|does)/.exec(page)?.[1]).toBe(
      isGreen ? 'recommended' : 'warning',
    );
    const text = renderReport(result, summaries, { colour: true, width: 300 });
    const line = text.split('\n').find((each) => / (?:holds up|seems to hold|does not hold) /.test(each)) ?? '';
    expect(line.includes('\u001b[32m')).toBe(isGreen);
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

  it('says how a server that the bench starts gets more slots', () => {
    const points = [pointOf(4, 120, 'holds'), pointOf(8, 130, 'holds')];
    const { result } = searchOf({ by: 'max-concurrency', status: 'all-hold', load: 8, next_to_break: null, points });
    const advice = 'The server has 8 slots, so settings above that were not measured. Measure them with -c 16.';
    expect(findMaxSentences({ ...result, command: 'chatstream bench --by max-concurrency' })[0]).toContain(advice);
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
    expect(sentencesOf(cut)[0]).toContain('give it more time, or a higher load to begin with (--rate).');
    expect(sentencesOf({ ...cut, client_full: true })[0]).toMatch(
      /up to 8\.00 requests\/s\. The load generator could not send more: give it more --workers, or more machines \(--agents\)\.$/,
    );
    expect(sentencesOf({ ...cut, status: 'none-hold', load: null })[0]).toContain(
      'or a lower load to begin with (--rate).',
    );
  });

  it('says which objectives no answer has a value for, and why', () => {
    const points = [pointOf(1, 100, 'unclear')].map((point) => {
      const [known] = point.promises;
      if (known === undefined) throw new Error('no objective');
      const unknown = ['tpot.p95<50ms', 'queue_wait.p95<1s'].map((text) => ({
        ...known,
        promise: text,
        missed_share: null,
      }));
      return { ...point, promises: [known, ...unknown] };
    });
    const none = { status: 'unjudged', load: null, lower: null, upper: null, next_to_break: null, points } as const;
    expect(sentencesOf(none)).toEqual([
      'tpot.p95<50ms and queue_wait.p95<1s cannot be judged here: answers have one token, or come all at once and the server does not report its own times. Search for another objective.',
    ]);
  });

  it('says that the load generator could not even send the first load', () => {
    const nothing: Partial<FindMax> = { status: 'nothing-measured', load: null, points: [], finished: false };
    expect(sentencesOf({ ...nothing, client_full: true })[0]).toMatch(
      /^Nothing was measured\. The load generator could not send more: give it more --workers/,
    );
    expect(sentencesOf(nothing)[0]).toBe('The search ended before anything was measured.');
  });

  it('warns of loads that were measured too briefly to tell whether the server can follow, unless an objective is missed', () => {
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

  it('says from where to where objectives hold that break below as well', () => {
    const points = [1, 3, 11, 16].map((load) => pointOf(load, 400, load === 1 || load === 16 ? 'breaks' : 'holds'));
    const slots = { by: 'max-concurrency', load: 11, lower: 11, upper: 12, holds_from: 3, points } as const;
    expect(sentencesOf(slots)).toEqual([
      'ttft.p95<500ms holds from max-concurrency 3 to 11 (95 % interval 11 to 12), but the results are not monotonic.',
      'The results are not monotonic: an objective is also missed below max-concurrency 3.',
    ]);
    expect(sentencesOf({ ...slots, holds_from: 11 })[0]).toContain('holds only at max-concurrency 11 (');
    expect(sentencesOf({ ...slots, status: 'all-hold', load: 16 })[0]).toContain(
      'holds from max-concurrency 3 to 16, but the results are not monotonic. The server has 16 slots, so',
    );
  });

  it('says of which settings none holds, and never so of higher ones that were not measured', () => {
    const points = [1, 2, 4].map((load) => pointOf(load, 900, 'breaks'));
    const none = { by: 'max-concurrency', status: 'none-hold', load: null, lower: null, upper: null, points } as const;
    expect(sentencesOf(none)[0]).toMatch(/does not hold at any max-concurrency that was measured, from 1 to 4\. Try a/);
    const [stopped] = sentencesOf({ ...none, finished: false });
    expect(stopped).toContain('ended before it had measured every setting that the server has slots for');
    expect(stopped).not.toContain('Try a more generous limit');
  });

  it('says that the search was stopped, and that results contradict each other', () => {
    const sentences = sentencesOf({ finished: false, contradictions: [4] }).join(' ');
    expect(sentences).toContain(
      '(95 % interval 5.40 to 5.80), but the results are not monotonic and the search ended before the limit was known as precisely as planned.',
    );
    expect(sentences).toContain('The results are not monotonic: 4.00 requests/s is clearly on the other side');
  });

  it('names a queue that grows without end instead of an objective', () => {
    expect(sentencesOf({ next_to_break: 'overload' })[0]).toContain('above it, the queue grows without end');
  });
});
