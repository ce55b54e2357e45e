import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { ratioOf, type Statistic } from '../../src/core/statistics/ratio.js';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream } from '../support/processes.js';
import { median, quantile, ratios, spread } from '../support/statistics.js';

/**
 * The time to the first token of one small chat at a time, this build against another one: both run, and their requests
 * take turns, so that each pair meets the same machine. Run as `first-token FOLDER [REQUESTS] [BLOCKS] [ENGINE]`, where FOLDER
 * has the build to compare with, and ENGINE is `mock` or `bundled`, the bundled model with one thread. REQUESTS is the number
 * of each block's requests to each server. On a busy machine only the CPU time means anything: with many short blocks
 * (`20 200`), its interval becomes narrow.
 */
const [folder, requestsText = '100', blocksText = '12', engine = 'mock'] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder of the other build.');
const requests = Number(requestsText);
const blocks = Number(blocksText);
/** Of each answer: the first of several, as in a chat, and not the one that also ends it. */
const tokens = 4;
/** The first requests to each, for which much of the code is compiled; their times are shown apart. */
const colds = 100;
/** Requests to each that are not counted: they pay for compiling the rest. */
const warmUps = engine === 'mock' ? 2000 : 500;

/** The mock answers as soon as it can, so that what remains is the server's own work. */
const args =
  engine === 'mock'
    ? ['--engine', 'mock', '--mock-reply', 'long', '--mock-token', '1ms', '--mock-prefill', '1ms']
    : ['--threads', '1'];

/** A client on one connection that does as little as possible itself. */
class Client {
  readonly #socket: Socket;
  readonly #host: string;
  #count = 100_000;
  #answer = '';
  #sentMs = 0;
  #firstMs: number | null = null;
  #resolve: (firstMs: number) => void = () => undefined;

  constructor({ url }: ServerProcess) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#socket = connect(Number(port), hostname).setNoDelay(true).setEncoding('latin1');
    this.#socket.on('data', (data: string) => {
      this.#onData(data);
    });
  }

  /** Resolves when the answer has ended, with the milliseconds until its first text. */
  firstTokenMs(): Promise<number> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#answer = '';
      this.#firstMs = null;
      const request = this.#nextRequest();
      this.#sentMs = performance.now();
      this.#socket.write(request);
    });
  }

  /** No prompt is in a cache, beyond what all have in common. */
  #nextRequest(): Buffer {
    this.#count += 1;
    const messages = [{ role: 'user', content: `${this.#count} steps: count them, please.` }];
    const body = JSON.stringify({ messages, stream: true, max_tokens: tokens });
    const head = ['POST /v1/chat/completions HTTP/1.1', `host: ${this.#host}`, 'content-type: application/json'];
    return Buffer.from([...head, `content-length: ${body.length}`, '', body].join('\r\n'));
  }

  end(): void {
    this.#socket.destroy();
  }

  #onData(data: string): void {
    const nowMs = performance.now();
    this.#answer += data;
    if (this.#firstMs === null && /"content":"[^"]/.test(this.#answer)) this.#firstMs = nowMs - this.#sentMs;
    if (!this.#answer.endsWith('\r\n0\r\n\r\n')) return;
    if (this.#firstMs === null) throw new Error(`An answer without text: ${this.#answer}`);
    this.#resolve(this.#firstMs);
  }
}

/** CPU time in microseconds, in steps of nanoseconds. */
interface CpuTime {
  /** Of the thread that all requests pass through: the first one of the first process. */
  readonly first: number;
  /** Of all threads of all processes. */
  readonly all: number;
}

function cpuUs(pids: readonly number[]): CpuTime {
  const threads = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`));
  const times = threads.map((thread) => Number(readFileSync(`${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000);
  return { first: times[0] ?? Number.NaN, all: times.reduce((sum, time) => sum + time, 0) };
}

function meanOf(values: readonly number[]): Statistic {
  const sum = (weights: ArrayLike<number>, of: (index: number) => number): number =>
    values.reduce((total, _, index) => total + (weights[index] ?? 0) * of(index), 0);
  return {
    trials: values.length,
    value: (weights) => sum(weights, (index) => values[index] ?? Number.NaN) / sum(weights, () => 1),
  };
}

/** The ratio of the means with its 95 % interval. */
function meanRatio(baseline: readonly number[], candidate: readonly number[]): string {
  const found = ratioOf(meanOf(baseline), meanOf(candidate), { paired: true, seed: 1, tail: 0.025 });
  if (found === null) return '';
  const { ratio, interval } = found;
  return interval === null
    ? ratio.toFixed(2)
    : `${ratio.toFixed(2)} (${interval.lower.toFixed(2)}–${interval.upper.toFixed(2)})`;
}

class Build {
  readonly server: ServerProcess;
  readonly client: Client;
  /** Of the first requests, in milliseconds. */
  readonly colds: number[] = [];
  /** Of all requests, in milliseconds. */
  readonly firsts: number[] = [];
  /** Of each block: the median, in milliseconds. */
  readonly medians: number[] = [];
  /** Of each block: CPU microseconds per request, of the first thread and of all. */
  readonly firstCpu: number[] = [];
  readonly allCpu: number[] = [];

  constructor(server: ServerProcess) {
    this.server = server;
    this.client = new Client(server);
  }

  block(firsts: readonly number[], before: CpuTime, after: CpuTime): void {
    this.firsts.push(...firsts);
    this.medians.push(median(firsts));
    this.firstCpu.push((after.first - before.first) / firsts.length);
    this.allCpu.push((after.all - before.all) / firsts.length);
  }
}

const [before, after] = (await Promise.all([startChatstream(args, folder), startChatstream(args)])).map(
  (server) => new Build(server),
);
if (before === undefined || after === undefined) throw new Error('The servers did not start.');
const both = [before, after];
try {
  for (let request = 0; request < warmUps; request += 1) {
    for (const { client, colds: first } of both) {
      const firstMs = await client.firstTokenMs();
      if (request < colds) first.push(firstMs);
    }
  }
  for (let block = 0; block < blocks; block += 1) {
    const firsts = both.map((): number[] => []);
    const started = both.map(({ server }) => cpuUs(server.pids()));
    for (let request = 0; request < requests; request += 1) {
      for (const index of request % 2 === 0 ? [0, 1] : [1, 0]) {
        firsts[index]?.push((await both[index]?.client.firstTokenMs()) ?? Number.NaN);
      }
    }
    both.forEach((build, index) => {
      const before = started[index];
      if (before !== undefined) build.block(firsts[index] ?? [], before, cpuUs(build.server.pids()));
    });
  }
  const rows = both.map((build, index) => [
    index === 0 ? 'the other build' : 'this build',
    `${median(build.colds).toFixed(2)}, ${(median(build.colds) / median(before.colds)).toFixed(2)}`,
    `${median(build.firsts).toFixed(2)} (${quantile(build.firsts, 0.25).toFixed(2)}–${quantile(build.firsts, 0.75).toFixed(2)})`,
    spread(ratios(build.medians, before.medians)),
    median(build.firstCpu).toFixed(0),
    meanRatio(before.firstCpu, build.firstCpu),
    median(build.allCpu).toFixed(0),
    meanRatio(before.allCpu, build.allCpu),
  ]);
  const first = `TTFT of the first ${colds}, ms, ratio`;
  const cpu = ['CPU µs per request, first thread', 'ratio (95 %)', 'all threads', 'ratio (95 %)'];
  const columns = ['server', first, 'TTFT, ms (quartiles)', 'ratio of blocks (range)', ...cpu];
  console.log(markdownTable(columns, rows));
} finally {
  for (const { client } of both) client.end();
  await Promise.all(both.map(({ server }) => server.stop()));
}
