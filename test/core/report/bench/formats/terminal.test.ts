import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { judgeObjectives } from '../../../../../src/core/measurement/settings/objectives.js';
import { toMarkdown } from '../../../../../src/core/report/bench/formats/markdown.js';
import { renderReport } from '../../../../../src/core/report/bench/formats/terminal.js';
import { toHtml } from '../../../../../src/core/report/html/page.js';
import { benchResult, type DescribedResult, type ResultDescription } from '../../../../support/bench-result.js';
import { around, tenantOf } from '../../../../support/bench-result/tenants.js';
import { examples } from '../examples.js';

const rendered = new Map<string, string>();

/** Rendered once for each width: reading whole histograms takes a while. */
function plain({ result, summaries }: DescribedResult, width = 100): string {
  const key = `${width} ${JSON.stringify(result)}`;
  const text = rendered.get(key) ?? renderReport(result, summaries, { colour: false, width });
  rendered.set(key, text);
  return text;
}

function report(description: ResultDescription): string {
  return plain(benchResult(description));
}

/** The rows of the main table, in cells. */
function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const rule = lines.findIndex((line) => /^ {2}─/.test(line));
  const rows = lines.slice(rule + 1, lines.indexOf('', rule));
  return rows.map((line) => line.trim().split(/\s+/));
}

describe('whole reports', () => {
  it.each(Object.entries(examples))('look like this: %s', async (name, example) => {
    await expect(`${plain(example())}\n`).toMatchFileSnapshot(`./snapshots/${name}.txt`);
  });

  it('name the columns that a narrow terminal has no room for', () => {
    const { result, summaries } = benchResult({ settings: [{ maxConcurrency: 2 }, { maxConcurrency: 4 }] });
    const text = (width: number): string => plain({ result, summaries }, width).replaceAll(/\s+/g, ' ');
    expect(text(60)).toMatch(/No room for [^.]*requests per s[^.]*\./);
    expect(text(200)).not.toContain('No room for');
  });

  it('name the columns of a table by tenant that a narrow terminal has no room for', () => {
    const tenants = ['anna', 'ben'].map((name) => tenantOf(name, around(100, 40)));
    const text = (width: number): string => plain(benchResult({ settings: [{ beside: { tenants } }] }), width);
    expect(text(50)).toMatch(/^By tenant$[^]*^ {2}No room for [^.]*E2E p50[^.]*\.$/m);
    expect(text(200)).not.toContain('No room for');
  });

  it.each(Object.entries(examples))('are never wider than they may be: %s', (_, example) => {
    for (const width of [100, 80, 64]) {
      const tooWide = plain(example(), width)
        .split('\n')
        .filter((line) => stringWidth(line) > width);
      expect(tooWide).toEqual([]);
    }
  });

  it.each(Object.entries(examples))('say the same in colour: %s', (_, example) => {
    const { result, summaries } = example();
    const coloured = renderReport(result, summaries, { colour: true, width: 100 });
    expect(coloured).toContain('\u001b[');
    const seen = stripVTControlCharacters(coloured).replaceAll(/ {2}slowest 5 % in red/g, (hint) =>
      ' '.repeat(hint.length),
    );
    expect(seen).toBe(plain({ result, summaries }));
  });

  it.each(Object.entries(examples))('end no line with a space: %s', (_, example) => {
    expect(plain(example())).not.toMatch(/ $/m);
  });

  it('of many settings stay legible', () => {
    const settings = Array.from({ length: 12 }, (_, index) => ({
      maxConcurrency: index + 1,
      queueWaitMs: 9000 / (index + 1),
      completed: 100,
    }));
    const text = report({ settings });
    expect(tableRows(text)).toHaveLength(12);
    expect(text.match(/^ {2}( |1)\d {2}.*[▁▂▃▄▅▆▇█]/gm)?.length).toBeGreaterThanOrEqual(24);
  });
});

describe('the order of a report', () => {
  it('is target, doubts, figures, pictures, failures, remarks, advice', () => {
    const text = plain(examples.busy());
    const places = [
      'qwen2.5-0.5b',
      'seed 1',
      '! The load generator was saturated',
      'queue wait, ms',
      'Queue wait measured',
      '\nTTFT ',
      '\nQueue wait  ',
      'Where TTFT goes',
      'Unanswered requests: 10,450',
      '! GPU clocks changed',
      '▸ Recommended: max-concurrency 8 (the knee).',
      '  It has the most goodput: 5.20 requests per second met every objective.',
      '  • ttft<500ms: ',
    ].map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });
});

describe('the main table', () => {
  it('marks the recommended row with a character', () => {
    expect(tableRows(plain(examples.sweep())).map(([first]) => first)).toEqual(['1', '2', '▸', '8']);
  });

  it('marks nothing if there was no choice', () => {
    const text = report({
      settings: [{ maxConcurrency: 4 }],
      sweep: { recommendation: { max_concurrency: 4, concurrency: 8, reason: 'it is the only one' } },
    });
    expect(tableRows(text)[0]?.[0]).toBe('4');
  });

  it('leaves out columns that would be empty, and shows a dash elsewhere', () => {
    const text = report({
      settings: [
        { maxConcurrency: 1, completed: 20 },
        { maxConcurrency: 2, completed: 1000 },
      ],
      queueWaitSource: 'unavailable',
    });
    expect(text).not.toContain('queue wait, ms');
    expect(text).not.toContain('of TTFT');
    expect(text).not.toContain('goodput');
    expect(text).not.toContain('refused  ');
    expect(tableRows(text)[0]).toContain('–');
    expect(text).toContain('Queue wait unavailable: the server does not say how long requests wait.');
  });

  it('has a column for refusals as soon as there is one', () => {
    const text = report({
      settings: [{ maxConcurrency: 1, errors: { queue_full: 1 } }, { maxConcurrency: 2 }],
    });
    expect(tableRows(text).map((row) => row.at(-1))).toEqual(['1', '0']);
    expect(text).not.toContain('No request was refused');
  });

  it.each([
    ['measured', 'Queue wait measured'],
    ['derived', 'Queue wait derived (upper bound)'],
    ['aggregate', 'Queue wait aggregate'],
  ] as const)('names where the queue wait comes from: %s', (queueWaitSource, text) => {
    expect(report({ settings: [{ queueWaitMs: 10 }], queueWaitSource })).toContain(text);
  });

  it('puts TTFT from schedule first in an open loop', () => {
    const text = plain(examples.openLoop());
    expect(text).toContain('TTFT from schedule, ms');
    expect(text).toMatch(/^TTFT from schedule {2}/m);
    expect(text).not.toContain('TTFT, ms');
  });

  it('says how long to measure for the percentiles that are missing', () => {
    const text = report({ settings: [{ maxConcurrency: 1, completed: 17 }, { maxConcurrency: 2 }] });
    expect(text).toContain('A p95 needs 200 requests per setting: measure for about 2 min (-d).');
    expect(plain(examples.sweep())).not.toContain('A p95 needs');
  });

  it('names the flags that set how long was measured', () => {
    const stages = [{ from_rate: 1, to_rate: 8, duration_ms: 10_000 }];
    const text = report({ settings: [{ maxConcurrency: 1, completed: 17 }], plan: { stages, duration_ms: 10_000 } });
    expect(text).toContain(
      'A p95 needs 200 requests per setting: make the stages longer (--stages or --ramp), about 2 min',
    );
  });

  it('counts the time for which it went on when it says how long to measure', () => {
    const settings = [{ maxConcurrency: 1, completed: 20, extendedSeconds: 47 }, { maxConcurrency: 2 }];
    const text = report({ settings, plan: { least_requests: 20, longest_ms: 60_000 } });
    expect(text).toContain('The measurement of max-concurrency 1 went on for 47 s to have 20 requests.');
    expect(text).toContain('measure for about 10 min (-d).');
  });

  it('marks the medians of few requests, and gives their interval', () => {
    const text = report({ settings: [{ completed: 9, queueWaitMs: 100 }] });
    expect(tableRows(text)[0]?.filter((cell) => cell.startsWith('~'))).toHaveLength(3);
    expect(text).toMatch(/~ median of fewer than 20 requests; the 95 % interval of the median TTFT is \d+ to \d+ ms\./);
    expect(report({ settings: [{ completed: 5 }] })).toContain('the 93 % interval of the median TTFT');
    expect(report({ settings: [{ completed: 20 }] })).not.toContain('~');
    expect(report({ settings: [{ completed: 4 }] })).not.toContain('~');
  });

  it('says how many trials it is made of', () => {
    expect(plain(examples.busy())).toContain('2 trials per setting, merged.');
  });
});

describe('a report', () => {
  it('with nothing completed says so and shows what went wrong', () => {
    const text = plain(examples.nothing());
    expect(text).toContain('No request was completed');
    expect(text).toContain('connect ECONNREFUSED 127.0.0.1:9');
    expect(text).not.toMatch(/[▁▂▃▄▅▆▇█]/);
  });

  it('does not promise the same words for a seed that was not given', () => {
    const header = (salt: number): string => {
      const { result, summaries } = benchResult({ settings: [{}], plan: { prompt_salt: salt } });
      return renderReport(result, summaries, { colour: false, width: 120 });
    };
    expect(header(0)).toMatch(/ · seed 1$/m);
    expect(header(4711)).toMatch(/ · seed 1, new words$/m);
  });

  it('with no setting measured at all still says what was tried', () => {
    const { result } = benchResult({ settings: [], interrupted: true });
    expect(renderReport(result, [], { colour: false, width: 100 })).toContain('Interrupted: stopped after 0 runs');
  });

  it('of two servers leaves the comparison to its own report', () => {
    const text = plain(examples.busy()).replaceAll(/\s+/g, ' ');
    expect(text).toContain('Measured alternately with the baseline, qwen2.5-0.5b-instruct-q4_k_m, llama-server');
  });

  it('judges objectives, and says where they were met and why not elsewhere', () => {
    const text = report({
      settings: [
        { maxConcurrency: 1, queueWaitMs: 2000 },
        { maxConcurrency: 2, queueWaitMs: 100 },
        { maxConcurrency: 4, completed: 30 },
      ],
      plan: { slo: ['ttft.p95<500ms'] },
    });
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(
      /ttft\.p95<500ms: met at max-concurrency 2 \(\d+ ms, below 500 ms\); missed at max-concurrency 1 \(3\.\d+ s, not below 500 ms\); not judged at max-concurrency 4 \(too few samples of ttft\)\./,
    );
  });

  it('judges objectives as the exit code does: a request without an answer is slower than any limit', async () => {
    const description: ResultDescription = {
      settings: [{ maxConcurrency: 4, completed: 300, queueWaitMs: 0, prefillMs: 50, errors: { queue_full: 100 } }],
      plan: { slo: ['ttft.p95<5s', 'ttft<5s'] },
    };
    const { result, summaries } = benchResult(description);
    expect(judgeObjectives(result, summaries).map(({ status }) => status)).toEqual(['missed', 'missed']);
    const missed = 'missed at max-concurrency 4 (100 of 400 requests had no answer).';
    const texts = [report(description), toMarkdown(result, summaries), await toHtml(result, summaries)];
    for (const text of texts.map((each) => each.replaceAll('&lt;', '<').replaceAll('\\', ''))) {
      expect(text).toContain(`ttft.p95<5s: ${missed}`);
      expect(text).toContain(`ttft<5s: ${missed}`);
      expect(text).not.toMatch(/<5s: met/);
    }
  });

  it('gives settings with the same reason one reason', () => {
    const text = report({
      settings: [1, 2].map((maxConcurrency) => ({ maxConcurrency, completed: 30, errors: { queue_full: 300 } })),
      plan: { slo: ['ttft.p95<5s'] },
    });
    expect(text).toContain('ttft.p95<5s: missed at max-concurrency 1 and 2 (requests had no answer).');
  });

  it('breaks a long load and a long error between words, and cuts only what a server says at length', () => {
    const stages = [5, 40, 2].map((rate) => ({ from_rate: rate, to_rate: rate, duration_ms: 3000 }));
    const described = (example: string): DescribedResult =>
      benchResult({
        settings: [{ completed: 30, errors: { bad: 1 }, examples: { bad: example } }],
        plan: { loop: 'open', stages, max_in_flight: 20 },
      });
    const advice = 'The server closed the connection. See its log for the reason. Until then, 12 tokens came.';
    const text = plain(described(advice), 64).replaceAll(/\s+/g, ' ');
    expect(text).toContain('then at 2.00 for 3 s, at most 20 in flight');
    expect(text).toContain(`“${advice}”`);
    const lines = plain(described('word '.repeat(200)), 64).split('\n');
    expect(lines.filter((line) => line.includes('word word'))).toHaveLength(3);
  });

  it('is no wider than it may be with full-width characters and emoji', () => {
    const { result, summaries } = benchResult({
      settings: [{ completed: 30, errors: { 失敗: 1 }, examples: { 失敗: 'モデルがありません。'.repeat(10) } }],
      target: { model: '日本語モデル🚀'.repeat(8) },
      warnings: ['警告'.repeat(60)],
    });
    for (const colour of [false, true]) {
      const lines = renderReport(result, summaries, { colour, width: 64 }).split('\n');
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(64);
      expect(lines[0]).toContain('日本語モデル🚀');
    }
  });

  it('has no room for control characters of a server', () => {
    const text = report({
      settings: [{ errors: { 'evil\u001b[2J': 1 }, examples: { 'evil\u001b[2J': 'x\u0007\n▸ Recommended: me' } }],
      target: { model: 'a\u001b]0;title\u0007b' },
    });
    // eslint-disable-next-line no-control-regex -- what a server says must bring none of these
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f]/);
    expect(text).not.toMatch(/^▸ Recommended/m);
  });
});
