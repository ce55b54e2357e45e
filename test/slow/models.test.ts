import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ModelServer } from '../core/models/model-server.js';
import { syntheticModel } from '../support/gguf/index.js';
import { CliProcess, runCli, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

let server: ModelServer;
let folder: string;
let variables: Record<string, string>;
let bytes: Buffer;

beforeAll(async () => {
  server = await ModelServer.start();
  bytes = readFileSync(await syntheticModel());
});

afterAll(async () => {
  await server.stop();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-models-'));
  variables = { CHATSTREAM_CACHE: folder, HF_ENDPOINT: server.url, HF_TOKEN_PATH: join(folder, 'token') };
});

afterEach(() => {
  server.files.clear();
  server.seen.length = 0;
  rmSync(folder, { recursive: true });
});

function filesIn(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name));
}

function bytesOf(path: string | undefined): number {
  return path === undefined ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}

describe('the binary', () => {
  it('downloads, lists, serves and removes a model', async () => {
    server.files.set('/me/tiny/resolve/main/tiny.gguf', { bytes });
    const pulled = await runCli(['models', 'pull', 'hf:me/tiny/tiny.gguf', '--json'], variables);
    expect(await pulled.exited).toBe(0);
    const { path } = JSON.parse(pulled.stdout) as { path: string };
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(pulled.log).toContainEqual(expect.objectContaining({ source: 'hf:me/tiny/tiny.gguf' }));
    server.files.clear();

    const listed = await runCli(['models', '--slots', '2', '--context', '256', '--json'], variables);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      models: [{ name: 'bundled' }, { name: 'tiny', status: 'cached', memory: { slots: 2, context: 256 } }],
    });

    const cpu = ['--gpu', 'off', '--threads', '1', '--context', '256'];
    const serving = await startServer(['-m', 'hf:me/tiny/tiny.gguf', ...cpu], variables);
    expect(serving.ready.model).toBe('tiny');
    expect(serving.stderr).toContain('"msg":"loading: weights');
    expect(await serving.stop()).toBe(0);

    const removed = await runCli(['models', 'rm', 'tiny'], variables);
    expect(removed.stdout).toMatch(/^removed hf:me\/tiny\/tiny\.gguf \(\d+ KiB\)\n$/);
    const empty = await runCli(['models'], variables);
    expect(empty.stdout).toContain('There are none yet.');
  });

  it('keeps a partial download when it is interrupted, and ends with 130', async () => {
    const large = Buffer.concat([bytes, Buffer.alloc(12 * 2 ** 20)]);
    server.files.set('/large.gguf', { bytes: large, stallsAfterBytes: 6 * 2 ** 20 });
    const pull = new CliProcess(['models', 'pull', `${server.url}/large.gguf`], variables);
    await until(() => pull.hasExited || pull.log.length > 1, 'the download to come along');
    pull.signal('SIGINT');
    expect(await pull.exited).toBe(130);
    const listed = await runCli(['models', '--json'], variables);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      models: [{ name: 'bundled' }, { source: `${server.url}/large.gguf`, status: 'partial' }],
    });
  });

  it('lets only one process download a model, and resumes after one was killed', async () => {
    const large = Buffer.concat([bytes, Buffer.alloc(12 * 2 ** 20)]);
    const stallsAfterBytes = 6 * 2 ** 20;
    server.files.set('/large.gguf', { bytes: large, stallsAfterBytes });
    const argv = ['models', 'pull', `${server.url}/large.gguf`];
    const partial = join(folder, 'models', 'partial');
    const part = (): string | undefined => filesIn(partial).find((path) => path.endsWith('.part'));
    const killed = new CliProcess(argv, variables);
    await until(() => killed.hasExited || bytesOf(part()) === stallsAfterBytes, 'the download to come along');
    killed.signal('SIGKILL');
    await killed.exited;

    const rivals = [1, 2, 3, 4].map(() => new CliProcess(argv, variables));
    await until(() => rivals.filter(({ hasExited }) => hasExited).length === 3, 'all but one to end');
    const [winner, ...others] = rivals.sort((one, two) => Number(one.hasExited) - Number(two.hasExited));
    if (winner === undefined) throw new Error('There are four.');
    for (const loser of others) {
      expect(await loser.exited).toBe(3);
      expect(loser.stderr).toContain(`is being downloaded by another process (${winner.pid}).`);
    }
    winner.signal('SIGTERM');
    expect(await winner.exited).toBe(130);

    server.files.set('/large.gguf', { bytes: large });
    server.seen.length = 0;
    const last = await runCli(argv, variables);
    expect(await last.exited).toBe(0);
    expect(last.stderr).toContain('download resumed');
    expect(server.downloads[0]?.range).not.toBe('bytes=0-');
    expect(readFileSync(last.stdout.trim()).equals(large)).toBe(true);
  });

  it('shows neither the password nor the query of a URL', async () => {
    const authorization = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
    server.files.set('/tiny.gguf', { bytes, authorization });
    const address = `${server.url.replace('//', '//me:s3cret@')}/tiny.gguf?sig=s3cret`;
    const runs = [
      await runCli(['models', 'pull', address, '--json'], variables),
      await runCli(['models', 'pull', address.replace('tiny', 'other')], variables),
      await runCli(['serve', '-m', address.replace('tiny', 'other')], variables),
      await runCli(['models'], variables),
      await runCli(['models', '--json'], variables),
      await runCli(['models', 'rm', address.replace('tiny', 'other')], variables),
      await runCli(['models', 'rm', address], variables),
    ];
    expect(await Promise.all(runs.map(({ exited }) => exited))).toEqual([0, 3, 3, 0, 0, 2, 0]);
    expect(JSON.parse(runs[0]?.stdout ?? '')).toMatchObject({ source: `${server.url}/tiny.gguf` });
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toContain('s3cret');
  });

  it.skipIf(process.platform !== 'linux')('says in plain words that the disk is full, and ends with 3', async () => {
    server.files.set('/tiny.gguf', { bytes, stallsAfterBytes: 20_000 });
    const argv = ['models', 'pull', `${server.url}/tiny.gguf`];
    const stopped = new CliProcess(argv, variables);
    const part = (): string | undefined => filesIn(folder).find((path) => path.endsWith('.part'));
    await until(() => stopped.hasExited || bytesOf(part()) === 20_000, 'the download to come along');
    stopped.signal('SIGINT');
    await stopped.exited;
    const path = part() ?? '';
    rmSync(path);
    // Accepts nothing, like a full disk.
    symlinkSync('/dev/full', path);
    server.files.set('/tiny.gguf', { bytes });
    const run = await runCli(argv, variables);
    expect(await run.exited).toBe(3);
    expect(run.stderr).toMatch(/error: There is no room for .*: the disk is full\./);
    expect(run.stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    [['models', 'rm', '../..'], 2, 'There is no model "../.."'],
    [['models', 'pull', 'hf:../..:Q4_K_M'], 2, 'not the name of a model on Hugging Face'],
    [['serve', '-m', 'Qwen/Qwen3-0.6B-GGUF'], 3, 'write hf:Qwen/Qwen3-0.6B-GGUF.'],
    [['models', 'pull', 'hf:me/nothing/a.gguf'], 3, 'status 404'],
    [['serve', '-m', 'hf:me/nothing/a.gguf'], 3, 'status 404'],
    [['models', 'pull', 'model.gguf'], 2, 'cannot be downloaded'],
    [['models', 'rm', 'nothing'], 2, 'There is no model "nothing"'],
    [['models', 'rm', 'bundled'], 2, 'part of the package'],
    [['models', 'rm'], 2, 'name'],
  ])('%j ends with %d', async (argv, code, message) => {
    const run = await runCli(argv, variables);
    expect(run.stderr).toContain(message);
    expect(await run.exited).toBe(code);
    expect(run.stdout).toBe('');
  });
});
