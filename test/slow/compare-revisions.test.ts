import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Type } from 'typebox';
import { afterAll, describe, expect, it } from 'vitest';
import { readResult } from '../../src/core/measurement/read-result.js';
import { lives } from '../core/engine/process/processes.js';
import { parseXml } from '../core/report/compare/xml.js';
import { parseAs } from '../support/parse-as.js';
import { runCli } from '../support/server-process.js';
import { until } from '../support/until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = join(root, 'examples', 'ci', 'compare-revisions.sh');
const folder = mkdtempSync(join(tmpdir(), 'chatstream-revisions-'));
const deadlineMs = 100_000;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const comparison = Type.Object({
  verdict: Type.String(),
  rows: Type.Array(Type.Object({ metric: Type.String(), ratio: Type.Union([Type.Number(), Type.Null()]) })),
});

/** Exit codes for each verdict, without --strict. */
const codes: Readonly<Record<string, number>> = { pass: 0, inconclusive: 0, regression: 10 };

interface Finished {
  readonly code: number | null;
  readonly output: string;
  /** Processes of the servers. */
  readonly servers: readonly number[];
}

/** Runs the script with this checkout on both sides; the mock engine makes them as fast as their flags say. */
async function compareRevisions(name: string, variables: Readonly<Record<string, string>>): Promise<Finished> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('bash', [script], {
    cwd: folder,
    env: {
      ...{ PATH, HOME, TMPDIR: folder, BASELINE_DIR: root, CANDIDATE_DIR: root, REPORT_DIR: join(folder, name) },
      SERVE_ARGS: '--engine mock --mock-token 2ms',
      BENCH_ARGS: '-c 2 -n 2 -r 30 --warmup 100ms --trials 5 --output-tokens 8',
      FAIL_ON: 'ttft.p50>50%',
      BENCH_MINUTES: '1',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  let code: number | null | undefined;
  child.once('close', (exitCode) => (code = exitCode));
  const servers = new Set<number>();
  try {
    await until(
      () => {
        for (const pid of childrenOf(child.pid)) servers.add(pid);
        return code !== undefined;
      },
      `the end of ${script}`,
      deadlineMs,
    );
  } finally {
    child.kill('SIGTERM');
  }
  return { code: code ?? null, output, servers: [...servers] };
}

/** Node.js processes below a process that runs; Linux tells. */
function childrenOf(pid: number | undefined): number[] {
  try {
    const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
    return text.split(' ').flatMap((each) => (each === '' ? [] : [Number(each)]));
  } catch {
    return [];
  }
}

describe.runIf(process.platform === 'linux')('the CI script', () => {
  it('measures both servers alternately, writes the reports, and leaves nothing behind', async () => {
    const { code, output, servers } = await compareRevisions('slower', {
      BASELINE_SERVE_ARGS: '--mock-prefill 30ms',
      CANDIDATE_SERVE_ARGS: '--mock-prefill 90ms',
    });
    const report = join(folder, 'slower', 'result.json');
    const result = await readResult(report);
    expect(result.versus?.runs.map(({ trial }) => trial)).toEqual([1, 2, 3, 4, 5]);

    // On a machine that is too busy to measure, the verdict may be inconclusive; all must agree on it.
    const again = await runCli(['compare', report, '--fail-on', 'ttft.p50>50%', '--json']);
    const { verdict, rows } = parseAs(comparison, JSON.parse(again.stdout));
    expect(['regression', 'inconclusive']).toContain(verdict);
    expect(code, output).toBe(codes[verdict]);
    expect(await again.exited).toBe(code);
    expect(rows.find(({ metric }) => metric === 'ttft.p50')?.ratio).toBeGreaterThan(1);

    const markdown = readFileSync(join(folder, 'slower', 'report.md'), 'utf8');
    expect(markdown.toLowerCase()).toContain(`**${verdict}**`);
    const xml = parseXml(readFileSync(join(folder, 'slower', 'report.xml'), 'utf8'));
    expect(xml.attributes['failures']).toBe(verdict === 'regression' ? '1' : '0');

    expect(servers.length).toBeGreaterThanOrEqual(3);
    expect(servers.filter(lives)).toEqual([]);
  });

  it('says why a server does not start, and ends the other one', async () => {
    const { code, output, servers } = await compareRevisions('broken', {
      BASELINE_SERVE_ARGS: '--mock-prefill 30ms',
      CANDIDATE_SERVE_ARGS: '--max-concurrency many',
    });
    expect(code).toBe(1);
    expect(output).toContain('the candidate server ended before it was ready');
    expect(output).toContain('--max-concurrency');
    expect(servers.filter(lives)).toEqual([]);
  });
});
