import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import Compare from '../../src/commands/compare.js';
import type { BenchResult } from '../../src/core/measurement/result-schema.js';
import { searchOf } from '../core/compare/searches.js';
import { resultOf } from '../core/compare/sides.js';
import { parseXml } from '../core/report/compare/xml.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chatstream-compare-'));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  const write = (name: string, result: BenchResult): void => {
    writeFileSync(at(name), JSON.stringify(result));
  };
  const base = resultOf(1);
  const slower = resultOf(1.3, {}, {}, 2);
  write('base.json', base);
  write('same.json', resultOf(1, {}, {}, 3));
  write('slower.json', slower);
  write('search.json', searchOf({ load: 10, lower: 9.6, upper: 10.4 }));
  write('same-search.json', {
    ...searchOf({ load: 10, lower: 9.6, upper: 10.4 }),
    started_at: '2025-02-01T12:00:00.000Z',
  });
  write('copy.json', base);
  write('lower-search.json', searchOf({ load: 8, lower: 7.7, upper: 8.3 }));
  write('few.json', resultOf(1, {}, { trials: 3 }));
  write('elsewhere.json', resultOf(1, {}, { machine: { cpu: 'Another 1000' } }));
  write('versus.json', { ...slower, versus: { target: base.target, runs: base.runs } });
  writeFileSync(at('broken.json'), JSON.stringify(base).slice(0, 2000));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

let printed: string[] = [];

beforeEach(() => {
  printed = [];
  vi.stubEnv('GITHUB_STEP_SUMMARY', '');
  vi.spyOn(Compare.prototype, 'log').mockImplementation((text = '') => {
    printed.push(text);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs the command to its end. @returns the exit code, and what `--json` would print */
async function run(...args: string[]): Promise<{ code: unknown; json: unknown }> {
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const json: unknown = await Compare.run(args, root);
    return { code: process.exitCode, json };
  } finally {
    process.exitCode = before;
  }
}

describe('compare', () => {
  it('passes what has not changed', async () => {
    const { code, json } = await run(at('base.json'), at('same.json'), '--fail-on', 'ttft.p95>10%');
    expect(code).toBe(0);
    expect(json).toMatchObject({ schema: 'chatstream.compare/v1', verdict: 'pass', interleaved: false });
    expect(printed.join('\n')).toMatch(/Pass: the check is within its limit\.\n\nExit code 0: the gate passed\.$/);
  });

  it('compares the limits of two searches', async () => {
    const { code, json } = await run(at('search.json'), at('lower-search.json'), '--fail-on', 'find_max<10%');
    expect(code).toBe(10);
    expect(json).toHaveProperty('verdict', 'regression');
    expect(json).toHaveProperty('rows.0.metric', 'find_max');
    const same = await run(at('search.json'), at('same-search.json'), '--fail-on', 'find_max<10%', '--strict');
    expect(same.code).toBe(0);
  });

  it('exits with 10 on a regression, also of several flags in one', async () => {
    const { code, json } = await run(at('base.json'), at('slower.json'), '--fail-on', 'ttft.p95>10%,tpot.p50>90%');
    expect(code).toBe(10);
    expect(json).toMatchObject({ verdict: 'regression' });
  });

  it('exits with 11 if the gate is inconclusive, but only with --strict', async () => {
    const args = [at('base.json'), at('few.json'), '--fail-on', 'ttft.p95>10%'];
    expect((await run(...args)).code).toBe(0);
    expect((await run(...args, '--strict')).code).toBe(11);
  });

  it('only shows figures without --fail-on', async () => {
    const { code, json } = await run(at('base.json'), at('slower.json'), '--strict');
    expect(code).toBe(0);
    expect(json).toMatchObject({ verdict: 'none' });
  });

  it('takes one result of bench --versus alone, the second server as the baseline', async () => {
    const { code, json } = await run(at('versus.json'), '--fail-on', 'e2e.p50>10%');
    expect(code).toBe(10);
    expect(json).toMatchObject({ verdict: 'regression', interleaved: true });
  });

  it.each([
    [['elsewhere.json'], 'they differ in machine.cpu ("AMD EPYC 9654" and "Another 1000")'],
    [['broken.json'], 'is cut off'],
    [['missing.json'], 'missing.json'],
    [['same.json', '--fail-on', 'ttft.p95<10%'], 'wrong direction'],
    [['search.json', '--fail-on', 'find_max<10%'], 'no search and a search by rate'],
    [['same.json', '--fail-on', 'find_max<10%'], 'these results have none'],
    [['same.json', '--allow', 'weather'], '--allow weather'],
    [['same.json', '-o', 'comparison.csv'], 'comparison.csv has an unsupported extension.'],
    [['same.json', '-o', 'comparison.csv'], 'Supported extensions: .md, .html, .xml, .json.'],
    [['same.json', '-o', ''], 'The path of a file for the result is empty.'],
    [['same.json', '-o', 'comparison'], 'comparison has no extension.'],
    [['same.json', '-o', 'missing/comparison.md'], 'missing/comparison.md cannot be written'],
  ])('exits with 2 for base.json and %j', async ([file = '', ...flags], words) => {
    const stderr: string[] = [];
    vi.spyOn(Compare.prototype, 'logToStderr').mockImplementation((text = '') => {
      stderr.push(text);
    });
    await expect(run(at('base.json'), at(file), ...flags)).rejects.toMatchObject({ oclif: { exit: 2 } });
    expect(stderr.join('\n')).toContain(words);
  });

  it('does not overwrite what it reads', async () => {
    const stderr = vi.spyOn(Compare.prototype, 'logToStderr').mockImplementation(() => undefined);
    const before = readFileSync(at('base.json'), 'utf8');
    await expect(run(at('base.json'), at('same.json'), '-o', at('base.json'))).rejects.toMatchObject({
      oclif: { exit: 2 },
    });
    expect(stderr).toHaveBeenCalledWith(expect.stringContaining('would overwrite an input file'));
    expect(readFileSync(at('base.json'), 'utf8')).toBe(before);
  });

  it('needs a second result, if the first has only one server', async () => {
    vi.spyOn(Compare.prototype, 'logToStderr').mockImplementation(() => undefined);
    await expect(run(at('base.json'))).rejects.toMatchObject({ oclif: { exit: 2 } });
  });

  it('compares results with differences that --allow permits, and names the differences', async () => {
    const { code } = await run(
      at('base.json'),
      at('elsewhere.json'),
      '--allow',
      'machine',
      '--fail-on',
      'ttft.p95>10%',
    );
    expect(code).toBe(0);
    expect(printed.join('\n')).toContain('They differ in machine.cpu');
  });

  it('writes Markdown, JUnit and JSON', async () => {
    const outputs = ['c.md', 'c.xml', 'c.json'].map(at);
    const flags = outputs.flatMap((path) => ['-o', path]);
    const { json } = await run(at('base.json'), at('slower.json'), '--fail-on', 'ttft.p95>10%', ...flags);
    const [markdown = '', xml = '', written = ''] = outputs.map((path) => readFileSync(path, 'utf8'));
    expect(markdown).toContain('❌ **Regression**');
    expect(parseXml(xml).attributes).toMatchObject({ tests: '1', failures: '1' });
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(json)));
  });

  it.skipIf(!existsSync('/dev/full'))('says so if a disk is full, and writes the other files', async () => {
    symlinkSync('/dev/full', at('full.md'));
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const outputs = ['-o', at('full.md'), '-o', at('other.json')];
    const { code } = await run(at('base.json'), at('same.json'), ...outputs);
    expect(code).toBe(1);
    expect(stderr).toHaveBeenCalledWith(
      expect.stringMatching(/^error: .*full\.md could not be written: the disk is full/m),
    );
    expect(JSON.parse(readFileSync(at('other.json'), 'utf8'))).toMatchObject({ schema: 'chatstream.compare/v1' });
    expect(printed.join('\n')).toContain('None of');

    // Not even a job whose disk is full passes with a regression, and its annotations say why it fails.
    const regressed = await run(
      at('base.json'),
      at('slower.json'),
      '--fail-on',
      'ttft.p95>10%',
      '--github',
      ...outputs,
    );
    expect(regressed.code).toBe(10);
    expect(printed.at(-2)).toMatch(/^::error title=Performance regression/);
    const inconclusive = [at('base.json'), at('few.json'), '--fail-on', 'ttft.p95>10%', '--strict'];
    expect((await run(...inconclusive, ...outputs)).code).toBe(1);
  });

  it("annotates GitHub's page, and adds to the job's summary what is there already", async () => {
    const summary = at('summary.md');
    writeFileSync(summary, '# Before\n');
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
    await run(at('base.json'), at('slower.json'), '--fail-on', 'ttft.p95>10%', '--github');
    expect(printed.at(-2)).toMatch(/^::error title=Performance regression%3A ttft\.p95/);
    expect(readFileSync(summary, 'utf8')).toMatch(/^# Before\n## chatstream compare\n/);
  });

  it('annotates on stderr when stdout is for JSON', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await run(at('base.json'), at('slower.json'), '--fail-on', 'ttft.p95>10%', '--github', '--json');
    expect(stderr).toHaveBeenCalledWith(expect.stringMatching(/^::error title=Performance regression%3A ttft\.p95/));
  });

  it('does not take the file that a variable names for results of bench', async () => {
    vi.stubEnv('CHATSTREAM_OUTPUT', at('result.html'));
    vi.stubEnv('CHATSTREAM_COMPARE_OUTPUT', at('from-environment.md'));
    await run(at('base.json'), at('same.json'));
    expect(readFileSync(at('from-environment.md'), 'utf8')).toContain('## chatstream compare');
  });
});

describe('compare with the same file twice', () => {
  it.each([
    ['as baseline and candidate', ['base.json', 'base.json']],
    ['by a link', ['base.json', 'link.json']],
    ['as one of several candidates', ['base.json', 'same.json', 'base.json']],
    ['as two candidates', ['base.json', 'same.json', 'same.json']],
  ])('refuses it %s: there would be nothing to see', async (_how, names) => {
    if (!existsSync(at('link.json'))) symlinkSync(at('base.json'), at('link.json'));
    const errors: string[] = [];
    vi.spyOn(Compare.prototype, 'logToStderr').mockImplementation((text = '') => {
      errors.push(text);
    });
    await expect(run(...names.map(at))).rejects.toThrow(/EEXIT: 2/);
    expect(errors.join('')).toMatch(/ are the same file\./);
    expect(printed).toEqual([]);
  });

  it('refuses a copy of it too, such as a baseline that was overwritten', async () => {
    const errors: string[] = [];
    vi.spyOn(Compare.prototype, 'logToStderr').mockImplementation((text = '') => {
      errors.push(text);
    });
    await expect(run(at('base.json'), at('copy.json'))).rejects.toThrow(/EEXIT: 2/);
    expect(errors.join('')).toMatch(/base\.json and .*copy\.json hold the same measurement\./);
  });
});

describe('compare with several candidates', () => {
  it('shows them side by side, writes all of them, and fails if one of them is a regression', async () => {
    const gate = ['--fail-on', 'ttft.p95>10%', '-o', at('all.md'), '-o', at('all.xml'), '-o', at('all.json')];
    const { code, json } = await run(at('base.json'), at('same.json'), at('slower.json'), ...gate);
    expect(code).toBe(10);
    expect(json).toMatchObject({
      schema: 'chatstream.comparisons/v1',
      verdict: 'regression',
      comparisons: [{ verdict: 'pass' }, { verdict: 'regression' }],
    });
    expect(JSON.parse(readFileSync(at('all.json'), 'utf8'))).toEqual(json);
    const text = printed.join('\n');
    expect(text).toMatch(/^ *metric +baseline +A +95 % +B +95 %$/m);
    expect(text).toMatch(/^ttft\.p95 +\d+ ms +✓ 1\.0\d +\S+ +✗ 1\.3\d +\S+$/m);
    expect(text).toMatch(/^A {2}Pass: /m);
    expect(text).toMatch(/^B {2}Regression: /m);
    expect(readFileSync(at('all.md'), 'utf8')).toContain('<summary>B: ');
    const xml = parseXml(readFileSync(at('all.xml'), 'utf8'));
    expect([xml.attributes['tests'], xml.attributes['failures']]).toEqual(['2', '1']);
  });

  it('does not overwrite any of the files that it reads', async () => {
    const overwriting = [at('base.json'), at('same.json'), at('few.json'), '-o', at('few.json')];
    await expect(run(...overwriting)).rejects.toThrow(/EEXIT: 2/);
    expect(JSON.parse(readFileSync(at('few.json'), 'utf8'))).toHaveProperty('schema', 'chatstream.bench/v1');
  });

  it('refuses unknown flags, which are no files', async () => {
    await expect(run(at('base.json'), at('same.json'), '--fial-on', 'x')).rejects.toThrow(/EEXIT: 2/);
  });
});
