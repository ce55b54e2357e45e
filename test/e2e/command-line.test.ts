import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CliProcess, runCli } from '../support/server-process.js';
import { until } from '../support/until.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatstream-command-line-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const version = `chatstream/${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version} `;

describe.concurrent('the command line', () => {
  it.for(['-v', '--version'])('shows its version with %s', async (flag, { expect }) => {
    const run = await runCli([flag]);
    expect(await run.exited).toBe(0);
    expect(run.stdout).toContain(version);
    expect(run.stderr).toBe('');
  });

  it.for([['-h'], ['--help'], []])(
    'shows the commands, and how variables set flags, with %j',
    async (argv, { expect }) => {
      const run = await runCli(argv);
      expect(await run.exited).toBe(0);
      expect(run.stdout).toMatch(/^ {2}bench {2,}\S/m);
      expect(run.stdout).toMatch(/--max-queue reads\s+CHATSTREAM_MAX_QUEUE/);
    },
  );

  it.for(['-h', '--help'])('shows the help of a command with %s', async (flag, { expect }) => {
    const run = await runCli(['compare', flag]);
    expect(await run.exited).toBe(0);
    expect(run.stdout).toContain('$ chatstream compare BASELINE');
    expect(run.stderr).toBe('');
  });

  it.for([['srve'], ['help', 'srve']])(
    'exits with 2 for a command that does not exist: %j',
    async (words, { expect }) => {
      const run = await runCli(words);
      expect(await run.exited).toBe(2);
      expect(stripVTControlCharacters(run.stderr)).toBe(
        'error: There is no command srve.\nDid you mean chatstream serve?\n',
      );
    },
  );

  it('says what is wrong with arguments of the commands of its libraries as of its own', async ({ expect }) => {
    const run = await runCli(['autocomplete', 'zhs']);
    expect(await run.exited).toBe(2);
    expect(stripVTControlCharacters(run.stderr)).toBe(
      'error: "zhs" is none of zsh, bash and powershell.\nDid you mean zsh?\n',
    );
  });

  it.for([
    [
      '-ngl',
      '99',
      'error: --max-concurrency: "gl" is not a whole number.\nFor -ngl of llama-server, write --gpu-layers.',
    ],
    ['--ctx-size', '4096', 'error: There is no flag --ctx-size.\nHere it is --context; see --help.'],
  ] as const)('knows flags of llama-server: %s', async ([flag, value, said], { expect }) => {
    const run = await runCli(['serve', flag, value]);
    expect(await run.exited).toBe(2);
    expect(stripVTControlCharacters(run.stderr)).toBe(`${said}\n`);
  });

  it('names the flag for an argument of a command that takes none', async ({ expect }) => {
    const run = await runCli(['bench', 'http://127.0.0.1:8000', '-c', '4']);
    expect(await run.exited).toBe(2);
    expect(stripVTControlCharacters(run.stderr)).toBe(
      'error: chatstream bench takes flags only, and not "http://127.0.0.1:8000".\nDid you mean --url http://127.0.0.1:8000?\n',
    );
  });

  it('says which Node.js it needs before it uses anything that an older one lacks', async ({ expect }) => {
    const preload = join(folder, 'old-node.cjs');
    await writeFile(
      preload,
      `Object.defineProperty(process, 'version', { value: 'v20.18.3' });
       Object.defineProperty(process.versions, 'node', { value: '20.18.3' });`,
    );
    const run = await runCli(['--version'], { NODE_OPTIONS: `--require ${preload}` });
    expect(await run.exited).toBe(1);
    expect(run.stderr).toBe('chatstream needs Node.js 20.19 or later; this is v20.18.3.\n');
    expect(run.stdout).toBe('');
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    expect(engines.node).toBe('>=20.19');
  });
});

// More commands of both kinds are in test/slow/command-output.test.ts.

describe('a command whose reader has gone', () => {
  it('ends quietly, and with its own exit code', async ({ expect }) => {
    const run = new CliProcess(['compare', 'nothing.json', '--json']);
    run.closeStdout();
    await until(() => run.hasExited, 'the end');
    expect(await run.exited).toBe(2);
    expect(run.stderr).toBe('');
  });
});

describe.runIf(process.platform === 'linux')('a command whose output finds the disk full', () => {
  it('says so in one line, and exits with 1', async ({ expect }) => {
    const full = openSync('/dev/full', 'w');
    const run = new CliProcess(['--version'], {}, { stdout: full });
    closeSync(full);
    await until(() => run.hasExited, 'the end');
    expect(await run.exited).toBe(1);
    expect(run.stderr).toMatch(
      /^error: The output could not be written: the disk is full\. Free some space, or send it to another disk\.\n$/,
    );
  });
});
