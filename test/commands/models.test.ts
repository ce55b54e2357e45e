import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { syntheticModel } from '../support/gguf/index.js';
import { CliProcess, runCli, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';
import { ModelServer } from '../core/models/model-server.js';
import { readFileSync } from 'node:fs';

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
  rmSync(folder, { recursive: true });
});

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

  it('keeps what has come when a download is interrupted, and ends with 130', async () => {
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

  it.each([
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
