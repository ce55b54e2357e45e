import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { syntheticModel } from '../support/gguf/index.js';
import { parseAs } from '../support/parse-as.js';
import { runCli, startServer } from '../support/server-process.js';

const logLine = Type.Object({ msg: Type.String() });

let folder: string;
let model: string;
let occupied: Server;
let occupiedPort: string;

beforeAll(async () => {
  model = await syntheticModel();
  folder = await mkdtemp(join(tmpdir(), 'chatstream-startup-'));
  const bytes = await readFile(model);
  await writeFile(join(folder, 'truncated.gguf'), bytes.subarray(0, bytes.length / 2));
  await writeFile(join(folder, 'text.gguf'), 'This is a letter, not a model.');
  occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
  const address = occupied.address();
  occupiedPort = String(typeof address === 'object' ? address?.port : address);
});

afterAll(async () => {
  occupied.close();
  await rm(folder, { recursive: true, force: true });
});

// Most of the time passes in waiting for processes: they start side by side.
describe.concurrent('serve refuses to start, and says what to do, for', () => {
  it('a port that is in use', async ({ expect }) => {
    const run = await runCli(['serve', '--engine', 'mock', '--port', occupiedPort]);
    expect(await run.exited).toBe(1);
    expect(run.stderr).toContain(`Port ${occupiedPort} on 127.0.0.1 is in use`);
    expect(run.stderr).toContain('--port');
    expect(run.stdout).toBe('');
  });

  it('a flag with a value that makes no sense', async ({ expect }) => {
    const run = await runCli(['serve', '--max-concurrency', 'many']);
    expect(await run.exited).toBe(2);
    expect(run.stderr).toContain('many');
  });

  it('fewer slots than may run at once', async ({ expect }) => {
    const run = await runCli(['serve', '--engine', 'mock', '--slots', '2', '--max-concurrency', '3']);
    expect(await run.exited).toBe(2);
    expect(run.stderr).toContain('--slots 2 is less than --max-concurrency 3');
    expect(run.stderr).toContain('raise --slots');
  });

  it('a model file that is not there', async ({ expect }) => {
    const path = join(folder, 'missing.gguf');
    const run = await runCli(['serve', '--model', path]);
    expect(await run.exited).toBe(3);
    expect(run.stderr).toContain(`There is no model file at ${path}`);
    expect(run.stderr).toContain('--engine mock');
  });

  it('a script, as one JSON object on stdout', async ({ expect }) => {
    const run = await runCli(['serve', '--model', join(folder, 'missing.gguf'), '--json']);
    expect(await run.exited).toBe(3);
    expect(JSON.parse(run.stdout)).toEqual({
      error: {
        code: 'model_unreadable',
        message: expect.stringContaining('missing.gguf') as unknown,
        hint: expect.stringContaining('--engine mock') as unknown,
      },
    });
  });

  const small = ['--threads', '1', '--context', '128', '--port', '0'];

  it.for([
    ['text.gguf', 'is not a GGUF file'],
    ['truncated.gguf', 'is incomplete'],
  ] as const)('a model file that is broken: %s', async ([name, problem], { expect }) => {
    const run = await runCli(['serve', '--model', join(folder, name), '--gpu', 'off', ...small]);
    expect(await run.exited).toBe(3);
    expect(run.stderr).toContain(join(folder, name));
    expect(run.stderr).toContain(problem);
  });

  it('a GPU that is not there', async ({ expect }) => {
    // A machine may have CUDA or Vulkan, but no machine has both CUDA and Metal.
    const absent = process.platform === 'darwin' ? 'cuda' : 'metal';
    const run = await runCli(['serve', '--model', model, '--gpu', absent, ...small, '--json']);
    expect(await run.exited).toBe(3);
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { code: 'backend_unavailable', hint: expect.stringContaining('--gpu') as unknown },
    });
  });
});

describe.concurrent('serve', () => {
  it('takes its flags from the environment, flags before that, and writes without colours', async ({ expect }) => {
    const server = await startServer(['--max-queue', '7'], {
      CHATSTREAM_ENGINE: 'mock',
      CHATSTREAM_MAX_CONCURRENCY: '3',
      CHATSTREAM_MAX_QUEUE: '5',
      CHATSTREAM_API_KEY: 'one,two',
      CHATSTREAM_CONTEXT: '1000',
      NO_COLOR: '1',
      FORCE_COLOR: '1',
    });
    expect(server.ready).toMatchObject({ model: 'mock', max_concurrency: 3, max_queue: 7, context_length: 1000 });
    const statuses = ['one', 'two', 'three'].map(async (key) => {
      const response = await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      return response.status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 200, 401]);

    expect(await server.stop()).toBe(0);
    expect(server.stdout + server.stderr).not.toContain('\u001b');
    const events = server.stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events).toMatchObject([{ event: 'ready' }, { event: 'stopped' }]);
  });

  it('logs once that it listens, and does not call that ready', async ({ expect }) => {
    const server = await startServer(['--engine', 'mock']);
    const messages = server.log.map((line) => parseAs(logLine, line)).filter(({ msg }) => /listening/i.test(msg));
    expect(messages).toEqual([
      {
        level: 'info',
        time: expect.any(String) as unknown,
        url: server.url,
        msg: 'listening: the model is still loading',
      },
    ]);
  });

  it('shows its help without colours when asked to', async ({ expect }) => {
    const run = await runCli(['serve', '--help'], { NO_COLOR: '1', FORCE_COLOR: '1' });
    expect(await run.exited).toBe(0);
    expect(run.stdout).toContain('--max-concurrency');
    expect(run.stdout).toContain('CHATSTREAM_MAX_QUEUE');
    expect(run.stdout).not.toContain('\u001b');
  });
});
