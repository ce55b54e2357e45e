import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comparePaths, pathColumns } from '../support/closed-loops.js';
import { markdownTable } from '../support/markdown.js';
import { freePort, type ServerProcess, startChatstream, startNode } from '../support/processes.js';

/**
 * What the path through a cluster costs on one machine: `serve` alone against a front, a node and nats-server, in turn, with
 * the mock engine. Clients in a closed loop, each with its own phase, so that they do not arrive all at once.
 */
const [roundsText = '5', secondsText = '3', countsText = '1,8,64'] = process.argv.slice(2);
const rounds = Number(roundsText);
const trialMs = Number(secondsText) * 1000;
const counts = countsText.split(',').map(Number);

const slots = 64;
const tokens = 64;
const tokenMs = 10;
const prefillMs = 5;
const mock = [
  ...['--engine', 'mock', '--mock-reply', 'long', '-n', String(slots)],
  ...['--mock-token', `${tokenMs}ms`, '--mock-prefill', `${prefillMs}ms`],
];
const body = { messages: [{ role: 'user', content: 'Count. '.repeat(32) }], max_tokens: tokens, stream: true };

async function startNats(folder: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const port = await freePort();
  const child = spawn('nats-server', ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return { url: `nats://127.0.0.1:${port}`, child };
    await sleep(50);
  }
  throw new Error('nats-server does not answer');
}

async function untilReady({ url }: ServerProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if ((await fetch(`${url}/readyz`)).status === 200) return;
    await sleep(50);
  }
  throw new Error(`${url} is not ready`);
}

const folder = await mkdtemp(join(tmpdir(), 'chatstream-overhead-'));
const nats = await startNats(folder);
const natsPid = nats.child.pid ?? 0;
const stops: (() => Promise<void>)[] = [];
try {
  const alone = await startChatstream(mock);
  stops.unshift(alone.stop);
  const front = await startChatstream(['--cluster', nats.url]);
  stops.unshift(front.stop);
  const node = await startNode(['--cluster', nats.url, ...mock]);
  stops.unshift(node.stop);
  await untilReady(front);
  const cluster = { url: front.url, pids: () => [...front.pids(), ...node.pids(), natsPid] };
  const rows: (readonly string[])[] = [];
  for (const clients of counts) {
    const loops = { clients, durationMs: trialMs, answerMs: tokens * tokenMs, body };
    rows.push(await comparePaths(alone, cluster, loops, rounds));
  }
  console.log(markdownTable(pathColumns('alone', 'cluster'), rows));
} finally {
  for (const stop of stops) await stop();
  nats.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}
