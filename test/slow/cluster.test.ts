import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { member } from '../../src/core/base/json.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { CliProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const tokens = 150;
const whole = Array.from({ length: tokens }, (_, index) => String(index + 1)).join(' ');

describe.skipIf(!hasNats())(`a cluster on a real NATS server ${needsNats}`, () => {
  let folder: string;
  let nats: NatsServer;
  const members: CliProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-cluster-'));
    nats = await NatsServer.start(['-js', '-sd', folder]);
  });
  afterAll(async () => {
    for (const each of members) each.signal('SIGKILL');
    await Promise.all(members.map(({ exited }) => exited));
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  async function start(args: readonly string[]): Promise<CliProcess> {
    const started = new CliProcess([...args, '--cluster', `nats://${nats.address}`, '--json']);
    members.push(started);
    await until(() => started.stdout.includes('"ready"') || started.hasExited, args.join(' '));
    expect(started.hasExited, started.stderr).toBe(false);
    return started;
  }

  function startNode(name: string): Promise<CliProcess> {
    const mock = ['--engine', 'mock', '--mock-token', '40ms', '--mock-reply', 'long'];
    return start(['node', '--name', name, '-n', '2', ...mock]);
  }

  async function startFront(): Promise<{ readonly process: CliProcess; readonly url: string }> {
    const process = await start(['serve', '--port', '0']);
    const url = String(member(JSON.parse(process.stdout.split('\n', 1)[0] ?? ''), 'url'));
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, 'the front to be ready');
    return { process, url };
  }

  async function answer(url: string): Promise<string> {
    const messages = [{ role: 'user', content: 'Count.' }];
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages, stream: true, max_tokens: tokens }),
    });
    return textOf(await response.text());
  }

  function holder(): CliProcess | undefined {
    const held = /this process (holds|no longer holds) the line/g;
    return members.find(({ stderr, hasExited }) => !hasExited && [...stderr.matchAll(held)].at(-1)?.[1] === 'holds');
  }

  it('loses and repeats nothing while a node, the holder of the line and NATS are killed', async () => {
    const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => startNode(name)));
    const first = await until(holder, 'somebody to hold the line');
    const fronts = await Promise.all([startFront(), startFront()]);
    const answers = Array.from({ length: 8 }, (_, index) => answer(fronts[index % 2]?.url ?? ''));
    await until(async () => (await runningAt(fronts)) === 6, 'six to run');

    first.signal('SIGKILL');
    const second = await until(() => (first.hasExited ? holder() : undefined), 'another one to hold the line');
    expect(second).not.toBe(first);
    nodes.find((node) => node !== first && node !== second)?.signal('SIGKILL');
    expect(await Promise.all(answers)).toEqual(answers.map(() => whole));

    const later = fronts.map(({ url }) => answer(url));
    await until(async () => (await runningAt(fronts)) >= 1, 'one to run');
    await nats.restart();
    expect(await Promise.all(later)).toEqual(later.map(() => whole));
    await until(holder, 'somebody to hold the line again');
    expect(await answer(fronts[0].url)).toBe(whole);
  });
});

async function runningAt(fronts: readonly { readonly url: string }[]): Promise<number> {
  const queues = await Promise.all(
    fronts.map(async ({ url }): Promise<unknown> => (await fetch(`${url}/v1/queue`)).json()),
  );
  return queues.reduce<number>((sum, queue) => {
    const running = member(queue, 'running');
    return sum + (Array.isArray(running) ? running.length : 0);
  }, 0);
}

function textOf(body: string): string {
  const events = body.split('\n').filter((line) => line.startsWith('data: {'));
  return events
    .map((line) => {
      const delta = member(member(member(JSON.parse(line.slice(6)), 'choices'), '0'), 'delta');
      const content = member(delta, 'content');
      return typeof content === 'string' ? content : '';
    })
    .join('')
    .trim();
}
