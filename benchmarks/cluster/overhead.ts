import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markdownTable } from '../support/markdown.js';
import { cpuMs, freePort, type ServerProcess, startChatstream, startNode } from '../support/processes.js';
import { median, quantile, ratios, spread } from '../support/statistics.js';
import { streamOnce } from '../support/stream-client.js';

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

interface Trial {
  readonly ttftMs: readonly number[];
  readonly tokensPerSecond: number;
  /** CPU time of the servers per second. */
  readonly load: number;
}

interface Target {
  readonly url: string;
  readonly pids: () => readonly number[];
}

async function trial({ url, pids }: Target, clients: number): Promise<Trial> {
  const ttftMs: number[] = [];
  let received = 0;
  const usedMs = cpuMs(pids());
  const startMs = performance.now();
  const client = async (index: number): Promise<void> => {
    await sleep((index / clients) * tokens * tokenMs);
    while (performance.now() - startMs < trialMs) {
      const sentMs = performance.now();
      const sample = await streamOnce(`${url}/v1/chat/completions`, body);
      ttftMs.push(sample.firstMs - sentMs);
      received += sample.tokens;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  const seconds = (performance.now() - startMs) / 1000;
  return { ttftMs, tokensPerSecond: received / seconds, load: (cpuMs(pids()) - usedMs) / 1000 / seconds };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

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

async function compare(alone: Target, cluster: Target, clients: number): Promise<readonly string[]> {
  const trials: { readonly alone: Trial[]; readonly cluster: Trial[] } = { alone: [], cluster: [] };
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? (['alone', 'cluster'] as const) : (['cluster', 'alone'] as const);
    for (const which of order) trials[which].push(await trial(which === 'alone' ? alone : cluster, clients));
  }
  const of = (which: 'alone' | 'cluster', value: (each: Trial) => number): number[] => trials[which].map(value);
  const p50 = (each: Trial): number => quantile(each.ttftMs, 0.5);
  const p95 = (each: Trial): number => quantile(each.ttftMs, 0.95);
  const speed = (each: Trial): number => each.tokensPerSecond;
  const added = of('cluster', p50).map((ms, index) => ms - (of('alone', p50)[index] ?? Number.NaN));
  const load = (each: Trial): number => each.load;
  return [
    String(clients),
    median(of('alone', p50)).toFixed(1),
    median(of('cluster', p50)).toFixed(1),
    spread(added, 1),
    `${median(of('alone', p95)).toFixed(1)} / ${median(of('cluster', p95)).toFixed(1)}`,
    spread(ratios(of('cluster', speed), of('alone', speed)), 3),
    `${median(of('alone', load)).toFixed(2)} / ${median(of('cluster', load)).toFixed(2)}`,
  ];
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
  for (const target of [alone, cluster]) await trial(target, slots);
  const rows: (readonly string[])[] = [];
  for (const clients of counts) rows.push(await compare(alone, cluster, clients));
  const header = [
    ...['streams', 'TTFT p50 alone, ms', 'cluster, ms', 'added, ms', 'p95, ms', 'tokens/s, ratio', 'cores used'],
  ];
  console.log(markdownTable(header, rows));
} finally {
  for (const stop of stops) await stop();
  nats.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}
