import { type ClientRequest, get } from 'node:http';
import { markdownTable } from '../support/markdown.js';
import { cpuMs, startChatstream } from '../support/processes.js';
import { ratios, spread } from '../support/statistics.js';
import { streamOnce } from '../support/stream-client.js';

/**
 * What it costs if 50 people watch the queues while 500 streams run: CPU time of the main process per token event, and
 * tokens per second, with and without them, in turns.
 */
const watchers = 50;
const streams = 500;
const roundMs = 20;
const tokens = 250;
const repeats = 7;

interface Figures {
  readonly cpuMicros: number;
  readonly tokensPerSecond: number;
}

const server = await startChatstream([
  ...['--engine', 'mock', '--mock-reply', 'long', '--mock-token', `${roundMs}ms`],
  ...['--max-concurrency', String(streams), '--max-queue', String(streams)],
]);

async function measure(): Promise<Figures> {
  const body = { messages: [{ role: 'user', content: 'Count, please.' }], stream: true, max_tokens: tokens };
  const main = server.pids().slice(0, 1);
  const before = cpuMs(main);
  const startMs = performance.now();
  await Promise.all(Array.from({ length: streams }, () => streamOnce(`${server.url}/v1/chat/completions`, body)));
  const seconds = (performance.now() - startMs) / 1000;
  return {
    cpuMicros: ((cpuMs(main) - before) * 1000) / (streams * tokens),
    tokensPerSecond: (streams * tokens) / seconds,
  };
}

let watchedBytes = 0;

/** Resolves when it sees the queues. */
function look(): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = get(`${server.url}/v1/queue/events`, { agent: false }, (response) => {
      response.once('data', () => {
        resolve(request);
      });
      response.on('data', (bytes: Buffer) => {
        watchedBytes += bytes.length;
      });
      response.on('error', () => undefined);
    });
    request.on('error', reject);
  });
}

async function measureWatched(): Promise<Figures> {
  const watching = await Promise.all(Array.from({ length: watchers }, look));
  try {
    return await measure();
  } finally {
    for (const request of watching) request.destroy();
  }
}

try {
  const alone: Figures[] = [];
  const watched: Figures[] = [];
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    // Which comes first alternates, because the speed of a machine drifts.
    const first = repeat % 2 === 0;
    const one = await (first ? measure() : measureWatched());
    const other = await (first ? measureWatched() : measure());
    if (repeat === 0) continue; // the first pair pays for compiling
    alone.push(first ? one : other);
    watched.push(first ? other : one);
  }
  const row = (what: string, of: (figures: Figures) => number, aim: string): string[] => {
    const [without, with50] = [alone.map(of), watched.map(of)];
    return [what, spread(without), spread(with50), spread(ratios(with50, without)), aim];
  };
  console.log(
    markdownTable(
      [`${streams} streams, ${roundMs} ms rounds`, 'no watchers', `${watchers} watchers`, 'ratio', 'aim'],
      [
        row('CPU µs per token event, main process', ({ cpuMicros }) => cpuMicros, 'at most 1.05'),
        row('tokens/s', ({ tokensPerSecond }) => tokensPerSecond, 'at least 0.95'),
      ],
    ),
  );
  console.log(
    `\nEach watcher was sent ${Math.round(watchedBytes / watchers / (repeats + 1) / 1000)} kB per measurement.`,
  );
} finally {
  await server.stop();
}
