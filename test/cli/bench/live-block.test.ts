import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { finishedLine, liveLines, type ProgressDisplay, showProgress } from '../../../src/cli/bench/live-block.js';
import type { BenchProgress } from '../../../src/core/bench/run/progress.js';
import { benchResult, type ResultDescription } from '../../support/bench-result.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const progress: BenchProgress = {
  run: 2,
  runs: 4,
  server: null,
  setting: { concurrency: 8, max_concurrency: 2, rate: null },
  trial: 1,
  status: 'measuring',
  elapsedMs: 5500,
  plannedMs: 11_000,
  leastRequests: 20,
  completed: 81,
  warmup: 8,
  inFlight: 8,
  failed: 0,
  outputTokensPerSecond: 512.3,
  countsTokens: true,
  latency: 'ttft',
  isGrowing: false,
  p50Ms: 412,
  isP50Rough: false,
  p95Ms: null,
};

/** A terminal with only what the block uses: text, line feed, return, up, erase line and erase below. */
class Screen {
  readonly isTTY: boolean;
  columns: number;
  writes: string[] = [];
  #rows: string[] = ['$ chatstream bench', ''];
  #row = 1;
  #column = 0;

  constructor(isTTY: boolean, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): boolean {
    this.writes.push(text);
    // eslint-disable-next-line no-control-regex -- colours are made of them
    for (const [token] of text.matchAll(/\u001b\[(\d*)(?:;\d+)*[A-Za-z]|[\s\S]/gu)) this.#take(token);
    return true;
  }

  get lines(): readonly string[] {
    return this.#rows.map((row) => row.trimEnd());
  }

  /** As terminals do that rewrap long lines: only for lines that fit twice, which is enough here. */
  narrow(columns: number): void {
    const pieces = this.#rows.flatMap((row) => row.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']);
    this.#rows = pieces;
    this.#row = pieces.length - 1;
    this.columns = columns;
  }

  #take(token: string): void {
    if (token === '\n') {
      this.#row += 1;
      this.#column = 0;
    } else if (token === '\r') this.#column = 0;
    else if (token.endsWith('A') && token.startsWith('\u001b')) this.#row -= Number(token.slice(2, -1));
    else if (token === '\u001b[K') this.#put(this.#row, this.#line().slice(0, this.#column));
    else if (token === '\u001b[J') {
      this.#put(this.#row, this.#line().slice(0, this.#column));
      this.#rows.length = this.#row + 1;
    } else if (!token.startsWith('\u001b')) {
      this.#put(
        this.#row,
        this.#line().padEnd(this.#column).slice(0, this.#column) + token + this.#line().slice(this.#column + 1),
      );
      this.#column += 1;
    }
  }

  #line(): string {
    return this.#rows[this.#row] ?? '';
  }

  #put(row: number, text: string): void {
    while (this.#rows.length <= row) this.#rows.push('');
    this.#rows[row] = text;
  }
}

function asStream(screen: Screen): NodeJS.WriteStream {
  return screen as unknown as NodeJS.WriteStream;
}

function runOf(description: ResultDescription): Parameters<ProgressDisplay['finished']>[0] {
  const [run] = benchResult(description).result.runs;
  if (run === undefined) throw new Error('no run');
  return run;
}

beforeEach(() => {
  vi.stubEnv('NO_COLOR', undefined);
  vi.stubEnv('TERM', 'xterm');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the lines of the live block', () => {
  const plain = (changes: Partial<BenchProgress> = {}, width = 80): readonly string[] =>
    liveLines({ ...progress, ...changes }, { colour: false, width });

  it('show which run this is, its progress, and its figures', () => {
    expect(plain()).toMatchInlineSnapshot(`
      [
        "Run 2 of 4: 8 clients and max-concurrency 2",
        "━━━━━━━━━━━━━━━━━━━───────────────────  5.5 of 11 s, measuring, about 28 s left",
        "81 done · 8 warm-up · 8 in flight · 512 tokens/s · TTFT p50 412 ms, p95 –",
      ]
    `);
  });

  it('say what cannot be seen from the bar', () => {
    expect(plain({ status: 'warm-up' })[1]).toContain('warming up');
    expect(plain({ status: 'finishing', elapsedMs: 14_000 })[1]).toContain(
      '11.0 of 11 s, waiting for the last answers',
    );
    expect(plain({ trial: 3 })[0]).toContain('trial 3');
    expect(plain({ failed: 1200 })[2]).toContain('1200 failed');
    expect(plain({ run: 4 })[1]).not.toContain('left');
  });

  it('say when a run goes on, what for and for how long at most', () => {
    const extending = { status: 'extending', plannedMs: 61_000, elapsedMs: 23_400, completed: 12 } as const;
    expect(plain({ ...extending, isP50Rough: true, run: 4 })).toMatchInlineSnapshot(`
      [
        "Run 4 of 4: 8 clients and max-concurrency 2",
        "━━━━━━━━━━━━━━━────────────────────────  23.4 of 61 s, going on for 20 requests",
        "12 done · 8 warm-up · 8 in flight · 512 tokens/s · TTFT p50 ~412 ms, p95 –",
      ]
    `);
    expect(plain(extending)[1]).toContain('23.4 of 61 s, going on for 20 requests, at most 2.7 min left');
  });

  it('mark the median of few requests, and show none of fewer', () => {
    expect(plain({ isP50Rough: true })[2]).toContain('TTFT p50 ~412 ms, p95 –');
    expect(plain({ latency: 'ttft_from_schedule' })[2]).toContain('TTFT from schedule p50 412 ms');
    expect(plain({ isGrowing: true })[2]).toMatch(/the queue grows without end$/);
    expect(plain({ isP50Rough: true, p50Ms: null })[2]).toContain('TTFT p50 –, p95 –');
  });

  it('have no bar without a planned end', () => {
    expect(plain({ plannedMs: null })[1]).toBe('5.5 s, measuring');
  });

  it.each([200, 80, 40, 20, 8, 1])('leave the last of %d columns free', (width) => {
    for (const colour of [false, true]) {
      const lines = liveLines({ ...progress, failed: 12_345 }, { colour, width });
      expect(lines.map((line) => stringWidth(line) < Math.max(2, width))).toEqual([true, true, true]);
    }
  });
});

describe('progress on a terminal', () => {
  it('is redrawn in place, and removed at the end', () => {
    const screen = new Screen(true);
    const clock = new VirtualClock();
    const display = showProgress(asStream(screen), false, clock);
    display.progress(progress);
    clock.advance(200);
    display.progress({ ...progress, completed: 99, elapsedMs: 5700 });
    expect(screen.lines).toHaveLength(4);
    expect(screen.lines[0]).toBe('$ chatstream bench');
    expect(screen.lines[3]).toContain('99 done');
    display.close();
    expect(screen.lines).toEqual(['$ chatstream bench', '']);
  });

  it('begins with one line about what it waits for, which gives way to the figures', () => {
    const screen = new Screen(true, 30);
    const display = showProgress(asStream(screen), false, new VirtualClock());
    display.waiting('Starting a server and loading bundled …');
    expect(screen.lines).toEqual(['$ chatstream bench', expect.stringMatching(/^Starting a server .{0,11}$/u)]);
    display.progress(progress);
    expect(screen.lines.join()).not.toContain('Starting');
    expect(screen.lines).toHaveLength(4);
    display.waiting('Starting …');
    display.close();
    expect(screen.lines).toEqual(['$ chatstream bench', '']);
  });

  it('fits its line and goes away with a name in full-width characters, in a window of any width', () => {
    const screen = new Screen(true, 31);
    const display = showProgress(asStream(screen), false, new VirtualClock());
    display.waiting(`Loading ${'日本語モデル🚀'.repeat(4)} …`);
    const line = stripVTControlCharacters(screen.writes[0] ?? '').trim();
    expect(line).toBe('Loading 日本語モデル🚀日本語…');
    expect(stringWidth(line)).toBe(29);
    // "Loading " and, since no full-width character fits next to it, three more rows, each with its last column empty.
    screen.narrow(9);
    display.close();
    expect(screen.writes.at(-1)).toBe('\r\u001b[3A\u001b[J');
  });

  it('is one write each time, so that it does not flicker', () => {
    const screen = new Screen(true);
    showProgress(asStream(screen), false, new VirtualClock()).progress(progress);
    expect(screen.writes).toHaveLength(1);
  });

  it('is not drawn more often than can be read, but at once when something begins', () => {
    const screen = new Screen(true);
    const clock = new VirtualClock();
    const display = showProgress(asStream(screen), false, clock);
    display.progress(progress);
    display.progress({ ...progress, completed: 82 });
    expect(screen.writes).toHaveLength(1);
    display.progress({ ...progress, status: 'finishing' });
    expect(screen.writes).toHaveLength(2);
  });

  it('leaves nothing behind when the window becomes narrower', () => {
    const screen = new Screen(true, 80);
    const clock = new VirtualClock();
    const display = showProgress(asStream(screen), false, clock);
    display.progress(progress);
    screen.narrow(50);
    clock.advance(200);
    display.progress(progress);
    expect(screen.lines).toHaveLength(4);
    expect(screen.lines[0]).toBe('$ chatstream bench');
    display.close();
    expect(screen.lines).toEqual(['$ chatstream bench', '']);
  });

  it('says nothing of finished runs, which the report shows', () => {
    const screen = new Screen(true);
    showProgress(asStream(screen), false).finished(runOf({ settings: [{}] }), { run: 1, runs: 1, server: null });
    expect(screen.writes).toEqual([]);
  });

  it('writes nothing at the end if nothing was drawn, and nothing twice', () => {
    const screen = new Screen(true);
    const display = showProgress(asStream(screen), false, new VirtualClock());
    display.close();
    expect(screen.writes).toEqual([]);
    display.progress(progress);
    display.close();
    display.close();
    expect(screen.writes).toHaveLength(2);
  });
});

describe('progress without a live block', () => {
  it.each([
    ['in a pipe', false, {}],
    ['with NO_COLOR', true, { NO_COLOR: '1' }],
    ['on a dumb terminal', true, { TERM: 'dumb' }],
  ] as const)('is one line for each wait, and one per finished run %s', (_, isTTY, environment) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const screen = new Screen(isTTY);
    const display = showProgress(asStream(screen), false);
    display.waiting('Starting …');
    display.progress(progress);
    expect(screen.writes.splice(0)).toEqual(['Starting …\n']);
    display.finished(runOf({ settings: [{ maxConcurrency: 2 }] }), { run: 1, runs: 4, server: null });
    display.close();
    expect(screen.writes).toEqual([
      expect.stringMatching(/^\[1\/4\] 8 clients and max-concurrency 2: 1200 requests .*\n$/),
    ]);
  });

  it('is silent if asked to be', () => {
    const screen = new Screen(true);
    const display = showProgress(asStream(screen), true);
    display.waiting('Starting …');
    display.progress(progress);
    display.finished(runOf({ settings: [{}] }), { run: 1, runs: 1, server: null });
    display.close();
    expect(screen.writes).toEqual([]);
  });
});

describe('the line of a finished run', () => {
  it('has its figures', () => {
    const run = runOf({ settings: [{ maxConcurrency: 2, errors: { queue_full: 7 } }] });
    expect(finishedLine(run, { run: 1, runs: 4, server: null })).toMatchInlineSnapshot(
      `"[1/4] 8 clients and max-concurrency 2: 1200 requests in 10.4 s, 736 tokens/s, TTFT p50 31.2 ms, p95 49.1 ms, 7 refused or failed"`,
    );
  });

  it('says what else its rates count: answers to requests of the warm-up', () => {
    const run = runOf({ settings: [{ completed: 1 }] });
    const window = { ...run.window, span_seconds: 14.3, warmup_requests: 4 };
    const lineOf = (requestsPerSecond: number): string => {
      const rates = { ...run.rates, requests_per_second: requestsPerSecond, output_tokens_per_second: 12.7 };
      return finishedLine({ ...run, window, rates }, { run: 1, runs: 1, server: null });
    };
    expect(lineOf(0.198)).toContain(': 1 request, and the rest of the warm-up, in 14.3 s, 12.7 tokens/s, ');
    expect(lineOf(1 / 14.3)).toContain(': 1 request in 14.3 s, 12.7 tokens/s, ');
    expect(lineOf(1.04 / 14.3)).toContain(': 1 request in 14.3 s, ');
  });

  it('says which of two servers it is of', () => {
    const server = { role: 'baseline', url: 'http://127.0.0.1:8001', isDuet: false } as const;
    const line = finishedLine(runOf({ settings: [{}] }), { run: 2, runs: 4, server });
    expect(line).toMatch(/^\[2\/4\] baseline http:\/\/127\.0\.0\.1:8001, 8 clients: 1200 requests/);
    const [title] = liveLines({ ...progress, server }, { colour: false, width: 80 });
    expect(title).toBe('Run 2 of 4: baseline http://127.0.0.1:8001, 8 clients and max-concurrency 2');
  });

  it('says that the other is measured at the same time', () => {
    const server = { role: 'candidate', url: 'http://127.0.0.1:8001', isDuet: true } as const;
    const [title] = liveLines({ ...progress, server }, { colour: false, width: 100 });
    expect(title).toContain('candidate http://127.0.0.1:8001 beside the baseline, 8 clients');
  });

  it('is about TTFT from schedule in an open loop', () => {
    expect(finishedLine(runOf({ settings: [{ rate: 5 }] }), { run: 1, runs: 1, server: null })).toContain(
      'TTFT from schedule p50',
    );
  });

  it('marks the median of few requests, and says that it took longer than planned', () => {
    const run = runOf({ settings: [{ completed: 9 }] });
    const window = { seconds: 44, span_seconds: 45.2, extended_seconds: 34, warmup_requests: 0 };
    const line = finishedLine({ ...run, window }, { run: 1, runs: 4, server: null });
    expect(line).toContain('9 requests in 45.2 s (34 s longer than planned, to have enough), ');
    expect(line).toMatch(/TTFT p50 ~[\d.]+ ms, p95 –/);
  });

  it('does not claim 0 where nothing is known', () => {
    expect(finishedLine(runOf({ settings: [{ completed: 0 }] }), { run: 1, runs: 1, server: null })).toContain(
      'TTFT p50 –, p95 –',
    );
  });
});
