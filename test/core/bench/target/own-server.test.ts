import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { givenServerFlags, ownServerCommand } from '../../../../src/cli/serve/flags/own-server.js';
import { type OwnServer, startOwnServer } from '../../../../src/core/bench/target/own-server.js';
import { failAtOnce, failLater } from '../../../support/failing-spawn.js';
import { syntheticModel } from '../../../support/gguf/index.js';
import { until } from '../../../support/until.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const never = new AbortController().signal;

function serveCommand(flags: Parameters<typeof givenServerFlags>[0]): readonly string[] {
  return ownServerCommand(
    root,
    givenServerFlags(flags, () => true),
    { slots: 2, clients: 2 },
  );
}

/** A program in place of a server. */
function script(code: string): readonly string[] {
  return [process.execPath, '-e', code];
}

async function start(
  command: readonly string[],
  onLog: (line: string) => void = () => undefined,
  signal = never,
): Promise<OwnServer> {
  const server = await startOwnServer(command, onLog, signal);
  onTestFinished(() => server.stop());
  return server;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a server of our own', () => {
  it('is ready when it is started, has the given settings, and is gone when it is stopped', async () => {
    const server = await start(serveCommand({ engine: 'mock', 'max-queue': 7 }));
    const queue: unknown = await (await fetch(`${server.url}/v1/queue`)).json();
    expect(queue).toMatchObject({ max_concurrency: 2, slots: 2, max_queue: 7 });
    expect(server.device).toBe('none');
    await server.stop();
    await server.stop();
    // Another server may have been given its port.
    const after: unknown = await fetch(`${server.url}/v1/queue`)
      .then((answer) => answer.json())
      .catch(() => null);
    expect(after).not.toMatchObject({ max_queue: 7 });
  });

  it('fails with its own message about a model that does not exist', async () => {
    await expect(start(serveCommand({ model: '/nowhere/model.gguf' }))).rejects.toMatchObject({
      code: 'target_unreachable',
      message: 'There is no model file at /nowhere/model.gguf.',
      hint: expect.any(String) as string,
    });
  });

  it('calls flags that contradict each other wrong usage, as serve does', async () => {
    const flags = { model: '/nowhere/model.gguf', 'flash-attention': 'off', 'cache-type': 'q8_0' };
    await expect(start(serveCommand(flags))).rejects.toMatchObject({
      code: 'usage',
      message: '--cache-type q8_0 does not work with --flash-attention off.',
    });
  });

  it.each([
    ['a model of Hugging Face', ['--model', 'hf:user/repository'], ['HF_TOKEN']],
    ['a model at a URL', ['--model', 'https://huggingface.co/model.gguf'], ['HF_TOKEN']],
    ['a model on this machine', ['--model', '/models/model.gguf'], []],
  ])('sees no credentials that it does not need for %s', async (_name, args, expected) => {
    for (const name of ['HF_TOKEN', 'GITHUB_TOKEN', 'OPENAI_API_KEY', 'CHATSTREAM_API_KEY']) vi.stubEnv(name, 'secret');
    const seen: string[] = [];
    const code = 'console.error(JSON.stringify(process.env)); setTimeout(() => {}, 100)';
    const starting = start([...script(code), '--', ...args], (line) => seen.push(line));
    await expect(starting).rejects.toMatchObject({ code: 'target_unreachable' });
    await until(() => seen.length > 0, 'its output');
    const variables = Object.entries(JSON.parse(seen.join('')) as object);
    expect(variables.filter(([, value]) => value === 'secret').map(([name]) => name)).toEqual(expected);
  });

  it('does not see the variables that are meant for the bench', async () => {
    vi.stubEnv('CHATSTREAM_MAX_CONCURRENCY', '1,2,4');
    vi.stubEnv('CHATSTREAM_API_KEY', 'secret');
    vi.stubEnv('CHATSTREAM_URL', 'http://127.0.0.1:9');
    vi.stubEnv('CHATSTREAM_CACHE', '/cache');
    vi.stubEnv('SOMETHING_ELSE', 'kept');
    const seen: string[] = [];
    const code = 'console.error(JSON.stringify(process.env)); setTimeout(() => {}, 100)';
    await expect(start(script(code), (line) => seen.push(line))).rejects.toMatchObject({ code: 'target_unreachable' });
    await until(() => seen.length > 0, 'its output');
    const variables = Object.keys(JSON.parse(seen.join('')) as object);
    expect(variables.filter((name) => name.startsWith('CHATSTREAM_'))).toEqual(['CHATSTREAM_CACHE']);
    expect(variables).toContain('SOMETHING_ELSE');
  });

  it('hands on what it logs', async () => {
    const lines: string[] = [];
    const ready = JSON.stringify({ event: 'ready', url: 'http://127.0.0.1:1', device: 'none' });
    const code = `console.error('one\\ntwo'); setTimeout(() => console.log('${ready}'), 1); setInterval(() => {}, 1000)`;
    await start(script(code), (line) => lines.push(line));
    await until(() => lines.length === 2, 'both lines');
    expect(lines).toEqual(['one', 'two']);
  });
});

describe('a server that does not come up', () => {
  it('is reported if it ends without a message', async () => {
    await expect(start(script('process.exit(3)'))).rejects.toMatchObject({
      code: 'target_unreachable',
      message: 'The server ended before it was ready.',
      hint: expect.stringContaining('chatstream serve') as string,
    });
  });

  it('is reported if its program cannot be started', async () => {
    await expect(start(['/nowhere/node', 'serve'])).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining('ENOENT') as string,
    });
  });

  it.each([
    ['EMFILE', failLater('EMFILE')],
    ['ENOMEM', failAtOnce('ENOMEM')],
  ])('is reported if the machine has no room for it (%s)', async (code, create) => {
    await expect(startOwnServer(script(''), () => undefined, never, create)).rejects.toMatchObject({
      code: 'target_unreachable',
      message: `The server could not be started: spawn node ${code}.`,
    });
  });

  it('is ended, and its engine with it, when the bench is stopped while it loads', async () => {
    const stop = new AbortController();
    let pid = 0;
    const [node = '', ...serve] = serveCommand({ model: await syntheticModel(), gpu: 'off' });
    // It reports ready to nobody: on a machine that stalls for a moment, both messages could arrive at once.
    const tellPid = 'data:text/javascript,console.error(`pid=${process.pid}`);process.stdout.write=()=>true';
    const starting = startOwnServer(
      [node, '--import', tellPid, ...serve.map((argument) => (argument === 'warn' ? 'info' : argument))],
      (line) => {
        if (pid === 0) pid = Number(/^pid=(\d+)$/.exec(line)?.[1] ?? 0);
        // It answers that it is not ready yet, and the engine is about to load.
        if (line.includes('listening: ')) stop.abort();
      },
      stop.signal,
    );
    await expect(starting).rejects.toMatchObject({ code: 'cancelled' });
    expect(pid).toBeGreaterThan(0);
    await until(() => !groupLives(pid), 'all processes of the group to end');
  });

  it('is not taken for ready if it says so after the bench was stopped', async () => {
    const ready = JSON.stringify({ event: 'ready', url: 'http://127.0.0.1:1', device: 'none' });
    const stop = new AbortController();
    const late = script(`process.on('SIGTERM', () => { console.log('${ready}'); process.exit(); }); console.error('up');
      setInterval(() => {}, 1000);`);
    const starting = start(
      late,
      () => {
        stop.abort();
      },
      stop.signal,
    );
    await expect(starting).rejects.toMatchObject({
      code: 'cancelled',
      message: 'Stopped before the server was ready.',
    });
  });

  it('is not even started if the bench was stopped before', async () => {
    await expect(start(script(''), undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

/** Whether there is a process in the group that this one leads: the server and its engine. */
function groupLives(leader: number): boolean {
  try {
    return process.kill(-leader, 0);
  } catch {
    return false;
  }
}
