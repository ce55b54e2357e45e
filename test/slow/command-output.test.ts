import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { writeMeasuredAgain } from '../support/measured-again.js';
import { CliProcess, runCli } from '../support/server-process.js';
import { until } from '../support/until.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatstream-command-output-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function wordsOf(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}

/** A bench of a few requests that ends by itself. */
const bench = ['bench', '-c', '1', '-r', '2', '--warmup', '0', '--output-tokens', '2', '--engine', 'mock', '-n', '1'];

describe.concurrent('a command whose reader has gone', () => {
  it.for(['--help', 'models', 'models --json', 'compare nothing.json --json'])(
    'ends quietly, and with its own exit code: %s',
    async (line, { expect }) => {
      const argv = wordsOf(line);
      const whole = await runCli(argv);
      const run = new CliProcess(argv);
      run.closeStdout();
      await until(() => run.hasExited, 'the end');
      expect(await run.exited).toBe(await whole.exited);
      expect(run.stderr).toBe(whole.stderr);
    },
  );
});

const diskFull =
  /^error: The output could not be written: the disk is full\. Free some space, or send it to another disk\.\n$/;

describe.runIf(process.platform === 'linux').concurrent('a command whose output finds the disk full', () => {
  async function runIntoFullDisk(argv: readonly string[]): Promise<CliProcess> {
    const full = openSync('/dev/full', 'w');
    const run = new CliProcess(argv, {}, { stdout: full });
    closeSync(full);
    await until(() => run.hasExited, 'the end', 60_000);
    return run;
  }

  it.for(['--version', 'serve --help', 'models', 'models --json'])(
    'says so in one line, and exits with 1: %s',
    async (line, { expect }) => {
      const run = await runIntoFullDisk(wordsOf(line));
      expect(await run.exited).toBe(1);
      expect(run.stderr).toMatch(diskFull);
    },
  );

  it.for(['', '--json'])('still writes the files of a bench %s', async (line, { expect }) => {
    const json = wordsOf(line);
    const file = join(folder, `result${json.length}.json`);
    const run = await runIntoFullDisk([...bench, '--log-level', 'silent', '-o', file, ...json]);
    expect(await run.exited).toBe(1);
    expect(run.stderr).toMatch(diskFull);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ runs: [{ requests: { completed: 2 } }] });
    const again = join(folder, `again${json.length}.json`);
    writeMeasuredAgain(file, again);
    const compared = await runIntoFullDisk(['compare', file, again, ...json]);
    expect(await compared.exited).toBe(1);
    expect(compared.stderr).toMatch(diskFull);
  });

  it('keeps an exit code that says more', async ({ expect }) => {
    const run = await runIntoFullDisk(['serve', '--model', join(folder, 'missing.gguf'), '--json']);
    expect(await run.exited).toBe(3);
    expect(run.stderr).toContain('error: The output could not be written: the disk is full.');
  });
});
