import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BaseCommand } from '../../src/cli/command/base-command.js';
import HistoryAdd from '../../src/commands/history/add.js';
import HistoryCheck from '../../src/commands/history/check.js';
import HistoryExport from '../../src/commands/history/export.js';
import HistoryShow from '../../src/commands/history/show.js';
import { resultOf } from '../core/compare/sides.js';
import { entriesOf, steady } from '../core/history/entries.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const result = { ...resultOf(1), started_at: '2026-03-01T00:00:00.000Z' };
const slower = { ...resultOf(1.4), started_at: '2026-03-02T00:00:00.000Z' };

let folder: string;
let printed: string[];
const at = (name: string): string => join(folder, name);
const file = (): readonly ['--file', string] => ['--file', at('history.jsonl')];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-history-'));
  writeFileSync(at('result.json'), JSON.stringify(result));
  writeFileSync(at('slower.json'), JSON.stringify(slower));
  printed = [];
  vi.stubEnv('GITHUB_SHA', '1a2b3c4d5e6f');
  vi.stubEnv('GITHUB_HEAD_REF', 'fix');
  vi.spyOn(BaseCommand.prototype, 'log').mockImplementation((text = '') => {
    printed.push(text);
  });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function writeHistory(factors: readonly number[]): void {
  writeFileSync(
    at('history.jsonl'),
    entriesOf(factors)
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join(''),
  );
}

type Runnable = typeof HistoryAdd | typeof HistoryCheck | typeof HistoryExport | typeof HistoryShow;

/** Runs a command to its end. @returns the exit code, and what `--json` would print */
async function run(command: Runnable, ...args: readonly string[]): Promise<{ code: unknown; json: unknown }> {
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const json: unknown = await command.run([...args], root);
    return { code: process.exitCode, json };
  } finally {
    process.exitCode = before;
  }
}

/** What a command says on stderr when it refuses. */
async function refusal(command: Runnable, ...args: readonly string[]): Promise<string> {
  const said: string[] = [];
  vi.spyOn(BaseCommand.prototype, 'logToStderr').mockImplementation((text = '') => {
    said.push(text);
  });
  await expect(run(command, ...args)).rejects.toMatchObject({ oclif: { exit: 2 } });
  return said.join('\n');
}

describe('history add', () => {
  it('adds a line for each result, with the commit of the CI service', async () => {
    await run(HistoryAdd, at('result.json'), at('slower.json'), ...file());
    const lines = readFileSync(at('history.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { schema: 'chatstream.history/v1', commit: '1a2b3c4d5e6f', branch: 'fix', dirty: null, note: null },
      { commit: '1a2b3c4d5e6f', started_at: slower.started_at },
    ]);
  });

  it('takes commit, branch and note from flags', async () => {
    await run(HistoryAdd, at('result.json'), ...file(), '--commit', 'abcdef0', '--branch', 'main', '--note', 'driver');
    expect(JSON.parse(readFileSync(at('history.jsonl'), 'utf8'))).toMatchObject({
      ...{ commit: 'abcdef0', branch: 'main', note: 'driver' },
    });
  });

  it('names what it added, with the time once', async () => {
    await run(HistoryAdd, at('result.json'), ...file(), '--commit', 'abcdef0');
    expect(printed.at(-1)).toMatch(/^added .*, \S+Z, commit abcdef0 to .*history\.jsonl$/);
    await run(HistoryAdd, at('result.json'), '--file', at('without-commit.jsonl'));
    expect(printed.at(-1)).toMatch(/^added [^,]*, \S+Z(, commit \S+)? to .*without-commit\.jsonl$/);
  });

  it('does not add the same result twice', async () => {
    await run(HistoryAdd, at('result.json'), ...file());
    const { json } = await run(HistoryAdd, at('result.json'), at('result.json'), ...file());
    expect(json).toMatchObject({ added: [], known: 2 });
    expect(printed.at(-1)).toContain('history.jsonl already has');
    expect(readFileSync(at('history.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });

  it('says why a result is not fit to compare later ones with, and keeps it', async () => {
    const ended_early = { cause: 'target-lost', server: 'candidate', message: 'Gone.' };
    writeFileSync(at('lost.json'), JSON.stringify({ ...result, runs: [], interrupted: true, ended_early }));
    const dead = resultOf(1, { completed: 0, errors: { http_500: 100 } });
    writeFileSync(at('dead.json'), JSON.stringify({ ...dead, started_at: slower.started_at }));
    const { json } = await run(HistoryAdd, at('lost.json'), at('dead.json'), ...file());
    const notes = [
      `${at('lost.json')}: The server was lost before anything was measured, which history check calls a regression. Later results are not compared with it.`,
      `${at('dead.json')}: No request was completed, so there are no figures.`,
    ];
    expect(json).toMatchObject({ added: [{ ended_early }, { interrupted: false }], notes });
    expect(printed.filter((line) => line.startsWith('! '))).toEqual(notes.map((note) => `! ${note}`));
    const args = [...file(), '--fail-on', 'ttft.p95>10%'];
    expect((await run(HistoryCheck, at('lost.json'), ...args)).code).toBe(10);
  });

  it('adds nothing if one of the results cannot be read', async () => {
    writeFileSync(at('broken.json'), '{');
    expect(await refusal(HistoryAdd, at('result.json'), at('broken.json'), ...file())).toContain('broken.json');
    expect(await refusal(HistoryShow, ...file())).toContain('A history begins with: chatstream history add');
  });
});

describe('history show', () => {
  it('prints the trends and writes them by extension', async () => {
    writeHistory([...steady(10), ...steady(5, 1.2)]);
    const outputs = ['t.svg', 't.md', 't.csv', 't.json'].map(at);
    const { json } = await run(HistoryShow, ...file(), ...outputs.flatMap((path) => ['-o', path]), '--last', '12');
    const [svg = '', markdown = '', csv = '', written = ''] = outputs.map((path) => readFileSync(path, 'utf8'));
    expect(svg).toMatch(/^<svg/);
    expect(markdown).toMatch(/^## chatstream history\n/);
    expect(csv.trimEnd().split('\n')).toHaveLength(1 + 4 * 12);
    expect(json).toMatchObject(JSON.parse(written) as object);
    expect(printed.join('\n')).toContain('◆ At commit 0ac0ffe, 4 runs ago');
  });

  it('shows the figures that are named', async () => {
    writeHistory(steady(3));
    await run(HistoryShow, ...file(), '--metric', 'ttft.p50', '--metric', 'success_rate');
    expect(printed.join('\n')).toMatch(/ttft\.p50 +success_rate\n/);
  });

  it('leaves out results that were measured in another way, unless the difference is allowed', async () => {
    writeHistory(steady(3));
    writeFileSync(at('result.json'), JSON.stringify({ ...result, machine: { ...result.machine, cpu: 'Another' } }));
    await run(HistoryAdd, at('result.json'), ...file());
    const { json } = await run(HistoryShow, ...file());
    expect(json).toMatchObject({ entries: 1, notes: [expect.stringContaining('3 results were measured') as string] });
    expect((await run(HistoryShow, ...file(), '--allow', 'machine')).json).toMatchObject({ entries: 4, notes: [] });
  });

  it('says what is wrong with the newest result', async () => {
    writeHistory(steady(3));
    const ended_early = { cause: 'target-lost', server: 'candidate', message: 'Gone.' };
    writeFileSync(at('lost.json'), JSON.stringify({ ...result, interrupted: true, ended_early }));
    await run(HistoryAdd, at('lost.json'), ...file());
    const note = expect.stringMatching(/^Newest result: The server was lost before everything was measured/) as string;
    expect((await run(HistoryShow, ...file())).json).toMatchObject({ notes: [note] });
  });

  it.each([
    [['--metric', 'ttft'], '--metric ttft does not name a figure.'],
    [['-o', 'trend.png'], 'trend.png has an unsupported extension.'],
    [['--last', '0'], '--last'],
    [['--since', 'feed'], 'has the commit feed'],
  ])('exits with 2 for %j', async (flags, words) => {
    writeHistory(steady(3));
    expect(await refusal(HistoryShow, ...file(), ...flags)).toContain(words);
  });
});

describe('history check', () => {
  it('exits with 10 on a regression, and writes a comment', async () => {
    writeHistory([...steady(17), ...steady(4, 1.2)]);
    const { code, json } = await run(HistoryCheck, ...file(), '--fail-on', 'ttft.p95>10%', '-o', at('c.md'));
    expect(code).toBe(10);
    expect(json).toMatchObject({ verdict: 'regression', notes: [] });
    expect(readFileSync(at('c.md'), 'utf8')).toContain('❌ Regression');
  });

  it('exits with 11 if it cannot decide, but only with --strict', async () => {
    writeHistory(steady(3));
    const args = [...file(), '--fail-on', 'ttft.p95>10%'];
    expect((await run(HistoryCheck, ...args)).code).toBe(0);
    expect((await run(HistoryCheck, ...args, '--strict')).code).toBe(11);
  });

  it('passes a change that was accepted', async () => {
    writeHistory([...steady(10), ...steady(8, 1.2)]);
    const args = [...file(), '--fail-on', 'ttft.p95>10%'];
    expect((await run(HistoryCheck, ...args)).code).toBe(10);
    expect((await run(HistoryCheck, ...args, '--since', '0ac0ffe')).code).toBe(0);
  });

  it('checks a result that is not in the history, and adds nothing', async () => {
    writeHistory(steady(10));
    const before = readFileSync(at('history.jsonl'), 'utf8');
    const args = [...file(), '--fail-on', 'ttft.p95>10%'];
    expect((await run(HistoryCheck, at('result.json'), ...args)).code).toBe(0);
    const { code, json } = await run(HistoryCheck, at('slower.json'), ...args);
    expect(code).toBe(10);
    expect(json).toMatchObject({ newest: { commit: '1a2b3c4d5e6f' } });
    expect(readFileSync(at('history.jsonl'), 'utf8')).toBe(before);
  });

  it('does not compare a result with itself', async () => {
    writeHistory(steady(10));
    await run(HistoryAdd, at('slower.json'), ...file());
    const { json } = await run(HistoryCheck, at('slower.json'), ...file(), '--fail-on', 'ttft.p95>10%');
    expect(json).toMatchObject({ verdict: 'regression', comparable_results_before: 10 });
  });

  it('says which results are left out, and why', async () => {
    writeHistory(steady(10));
    writeFileSync(at('elsewhere.json'), JSON.stringify({ ...slower, machine: { ...slower.machine, cpu: 'Another' } }));
    const args = [at('elsewhere.json'), ...file(), '--fail-on', 'ttft.p95>10%'];
    expect((await run(HistoryCheck, ...args)).json).toMatchObject({
      verdict: 'inconclusive',
      notes: ['10 results were measured in another way and are left out: machine.cpu differs.'],
    });
    expect((await run(HistoryCheck, ...args, '--allow', 'machine')).code).toBe(10);
  });

  it('exits with 2 for an empty history', async () => {
    writeFileSync(at('history.jsonl'), '');
    expect(await refusal(HistoryCheck, ...file())).toContain('history.jsonl has no entry.');
  });

  it('says what is wrong with the lines of a file that has no entry', async () => {
    writeFileSync(at('history.jsonl'), '# Notes\n{"schema":\n');
    const said = await refusal(HistoryShow, ...file());
    expect(said).toContain('history.jsonl has no entry that can be read. Line 1 of ');
    expect(said).toContain(' is cut off, and is left out. So is 1 more.');
    expect(said).toContain('--file names another');
  });
});

describe('history export', () => {
  it('writes a result for another program, with the range of its trials', async () => {
    await run(HistoryExport, at('result.json'), '--format', 'bencher', '-o', at('bencher.json'));
    const [measures] = Object.values(JSON.parse(readFileSync(at('bencher.json'), 'utf8')) as object) as object[];
    expect(measures).toMatchObject({ 'ttft-p50-ms': { lower_value: expect.any(Number) as number } });
  });

  it('says what is wrong with a result that it writes, beside the text for the other program', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    writeFileSync(at('stopped.json'), JSON.stringify({ ...result, interrupted: true }));
    await run(HistoryExport, at('stopped.json'), '--format', 'bencher');
    expect(stderr.mock.calls.map(([text]) => text)).toEqual([
      `! ${at('stopped.json')}: The measurement ended before everything was measured, so history check cannot pass it.\n`,
    ]);
    expect(JSON.parse(printed.join('\n'))).toBeTypeOf('object');
  });

  it('prints the newest of the history without a result', async () => {
    writeHistory(steady(3));
    const { json } = await run(
      HistoryExport,
      ...file(),
      '--format',
      'customBiggerIsBetter',
      '--metric',
      'success_rate',
    );
    expect(json).toMatchObject([{ value: 1, unit: 'share' }]);
    expect(JSON.parse(printed.join('\n'))).toEqual(json);
  });

  it('replaces an older file as a whole, and keeps its mode', async () => {
    writeFileSync(at('older.json'), 'older', { mode: 0o600 });
    const older = openSync(at('older.json'), 'r');
    await run(HistoryExport, at('result.json'), '--format', 'bencher', '-o', at('older.json'));
    // Who has opened the older file still reads all of it.
    expect(readFileSync(older, 'utf8')).toBe('older');
    closeSync(older);
    expect(statSync(at('older.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(at('older.json'), 'utf8'))).toBeTypeOf('object');
  });

  it('does not overwrite what it reads', async () => {
    const args = [at('result.json'), '--format', 'bencher', '-o', at('result.json')];
    expect(await refusal(HistoryExport, ...args)).toContain('would overwrite an input file');
  });
});
