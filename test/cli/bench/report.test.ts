import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BenchVerdict } from '../../../src/cli/bench/gate.js';
import { benchJson, benchText, exitCodeOfBench, keepReport } from '../../../src/cli/bench/report.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import type { BenchReport } from '../../../src/core/bench/bench.js';
import { compare } from '../../../src/core/compare/verdicts/compare.js';
import { summarise } from '../../../src/core/measurement/settings/summarise.js';
import { pair, resultOf } from '../../core/compare/sides.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-report-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const result = resultOf(1);
const report: BenchReport = { result, summaries: summarise(result.runs), failure: null, samplesFailure: null };
const comparison = compare(pair(result, resultOf(1.3, {}, {}, 2)), { thresholds: [], allowed: [] });
const quiet: BenchVerdict = {
  comparison: null,
  refusal: null,
  objectives: null,
  text: () => '',
  exitCode: 0,
  tellGithub: () => Promise.resolve(),
};

const gone = new ChatstreamError('target_unreachable', 'The server is gone.');
const full = new ChatstreamError('output_failed', 'No space left.');
const unlike = new ChatstreamError('usage', 'They differ.');

describe('what a bench prints', () => {
  const style = { colour: false, width: 100 };

  it('is the report, and below it the verdict if there is one', () => {
    const text = benchText(report, quiet, style);
    expect(text).not.toMatch(/\n$/);
    expect(benchText(report, { ...quiet, text: () => 'Pass.' }, style)).toBe(`${text}\n\nPass.`);
  });

  it('is the result in JSON, with the comparison if there is one', () => {
    expect(benchJson(report, quiet)).toBe(result);
    expect(benchJson(report, { ...quiet, comparison })).toMatchObject({
      schema: result.schema,
      comparison: { schema: 'chatstream.compare/v1' },
    });
  });
});

describe('keeping a report', () => {
  const print = (): void => undefined;

  it('writes every file, even if one before it or GitHub fails', async () => {
    const flags = { output: [[join(folder, 'no', 'a.json'), join(folder, 'b.json')]], github: true };
    const tellGithub = (): Promise<void> => Promise.reject(new ChatstreamError('output_failed', 'No summary.'));
    const failures = await keepReport(flags, report, { ...quiet, tellGithub }, print);
    expect(failures.map(({ code }) => code)).toEqual(['output_failed', 'output_failed']);
    expect(JSON.parse(readFileSync(join(folder, 'b.json'), 'utf8'))).toMatchObject({ schema: result.schema });
  });

  it('names what ended the bench early, and why there is no comparison', async () => {
    const flags = { output: undefined, github: false };
    expect(await keepReport(flags, { ...report, failure: gone }, { ...quiet, refusal: unlike }, print)).toEqual([
      gone,
      unlike,
    ]);
  });

  it('reports to GitHub only with --github', async () => {
    const lines: string[] = [];
    const verdict: BenchVerdict = {
      ...quiet,
      tellGithub: (write) => {
        write('::notice::Pass');
        return Promise.resolve();
      },
    };
    await keepReport({ output: undefined, github: false }, report, verdict, (line) => lines.push(line));
    expect(lines).toEqual([]);
    await keepReport({ output: undefined, github: true }, report, verdict, (line) => lines.push(line));
    expect(lines).toEqual(['::notice::Pass']);
  });

  it('does not hide a bug', async () => {
    const tellGithub = (): Promise<void> => Promise.reject(new TypeError('a bug'));
    await expect(
      keepReport({ output: undefined, github: true }, report, { ...quiet, tellGithub }, print),
    ).rejects.toThrow('a bug');
  });
});

describe('the exit code of a bench', () => {
  const nothing = summarise([]);

  it.each([
    ['an interruption before all else', report.summaries, 10, [gone], true, 130],
    ['a failure before the verdict', report.summaries, 10, [gone, unlike], false, 3],
    ['a regression before reports that could not be written', report.summaries, 10, [full], false, 10],
    ['reports that could not be written before a missed objective', report.summaries, 12, [full], false, 1],
    ['the verdict', report.summaries, 10, [], false, 10],
    ['a failure if no request was completed', nothing, 0, [], false, 1],
    ['success', report.summaries, 0, [], false, 0],
  ])('is that of %s', (_name, summaries, exitCode, failures, isInterrupted, expected) => {
    expect(exitCodeOfBench({ summaries }, { exitCode }, failures, isInterrupted)).toBe(expected);
  });
});
