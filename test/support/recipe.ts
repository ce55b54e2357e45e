import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Type } from 'typebox';
import { expect } from 'vitest';
import { readResult } from '../../src/core/measurement/read-result.js';
import { parseXml } from '../core/report/compare/xml.js';
import { parseAs } from './parse-as.js';
import { runCli } from './server-process.js';
import { until } from './until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const deadlineMs = 100_000;

/** A server that takes `prefillMs` to the first token, started as a project with the package in it starts it. */
export const serverCommand = (prefillMs: number | string): string =>
  `npx --no-install chatstream serve --engine mock -n 2 --mock-token 2ms --mock-prefill ${prefillMs}ms --port $PORT`;

/** What `npm pack` makes of this checkout as it is built. @returns the path of the archive */
export function packPackage(folder: string): string {
  // Its scripts would build again, next to tests that use the build.
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  return join(folder, execFileSync('npm', args, { cwd: root, encoding: 'utf8' }).trim());
}

/** Puts the files of an archive where npm would, without a download: the dependencies are those of this checkout. */
export function installOffline(archive: string, folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', modules]);
  renameSync(join(modules, 'package'), join(modules, 'chatstream'));
  symlinkSync(join(root, 'node_modules'), join(modules, 'chatstream', 'node_modules'));
  symlinkSync('../chatstream/bin/run.js', join(modules, '.bin', 'chatstream'));
}

/** A run of the recipe's script, from the package that is installed in a folder. */
export class RecipeRun {
  output = '';
  code: number | null | undefined;
  readonly #child: ChildProcess;

  constructor(folder: string, variables: Readonly<Record<string, string>>) {
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn('bash', ['node_modules/chatstream/examples/ci/compare.sh'], {
      cwd: folder,
      env: {
        ...{ PATH, HOME, TMPDIR: folder },
        BENCH_ARGS: '-c 2 -n 2 -r 30 --warmup 100ms --trials 5 --output-tokens 8',
        FAIL_ON: 'ttft.p50>50%',
        BENCH_MINUTES: '1',
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#child.once('close', (code) => (this.code = code));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns the exit code; null if a signal ended it */
  async end(): Promise<number | null> {
    try {
      await until(() => this.code !== undefined, 'the end of the recipe', deadlineMs);
    } finally {
      this.signal('SIGTERM');
    }
    return this.code ?? null;
  }
}

const comparison = Type.Object({
  verdict: Type.String(),
  rows: Type.Array(Type.Object({ metric: Type.String(), ratio: Type.Union([Type.Number(), Type.Null()]) })),
});

/** Exit codes for each verdict, without --strict. */
const codes: Readonly<Record<string, number>> = { inconclusive: 0, regression: 10 };

/** Checks that a run has seen a slower candidate, and that its exit code and all of its reports agree on the verdict. */
export async function expectSlowerCandidate(run: RecipeRun, reports: string): Promise<void> {
  const code = await run.end();
  expect([0, 10], run.output).toContain(code);
  const path = join(reports, 'result.json');
  const trials = (await readResult(path)).versus?.runs.map(({ trial }) => trial) ?? [];
  expect(trials.length).toBeGreaterThanOrEqual(5);
  expect(trials).toEqual(trials.map((_, index) => index + 1));

  // On a machine that is too busy to measure, the verdict may be inconclusive.
  const again = await runCli(['compare', path, '--fail-on', 'ttft.p50>50%', '--json']);
  const { verdict, rows } = parseAs(comparison, JSON.parse(again.stdout));
  expect(codes[verdict], run.output).toBe(code);
  expect(rows.find(({ metric }) => metric === 'ttft.p50')?.ratio).toBeGreaterThan(1);
  expect(readFileSync(join(reports, 'report.md'), 'utf8').toLowerCase()).toContain(`**${verdict}**`);
  const xml = parseXml(readFileSync(join(reports, 'report.xml'), 'utf8'));
  expect(xml.attributes['failures']).toBe(verdict === 'regression' ? '1' : '0');
}

/** Processes whose current folder is this one or in it; Linux only. */
export function processesIn(folder: string): number[] {
  const real = realpathSync(folder);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readlinkSync(`/proc/${pid}/cwd`).startsWith(real);
      } catch {
        return false;
      }
    });
}
