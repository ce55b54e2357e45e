import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from './processes.js';
import { median, quantile, ratios, spread } from './statistics.js';
import { streamOnce } from './stream-client.js';

/** A server that is measured, with all processes that belong to it. */
export interface Target {
  readonly url: string;
  readonly pids: () => readonly number[];
}

/** Clients that send one request after the other, each with its own phase, so that they do not arrive all at once. */
export interface ClosedLoops {
  readonly clients: number;
  /** How long new requests are sent, in milliseconds. */
  readonly durationMs: number;
  /** How long an answer takes about, in milliseconds: the clients begin within this time. */
  readonly answerMs: number;
  readonly body: object;
}

interface Trial {
  readonly ttftMs: readonly number[];
  readonly tokensPerSecond: number;
  /** CPU time of the servers per second. */
  readonly load: number;
}

/** The columns of {@link comparePaths}. */
export function pathColumns(alone: string, other: string): readonly string[] {
  return ['streams', `TTFT p50 ${alone}, ms`, `${other}, ms`, 'added, ms', 'p95, ms', 'tokens/s, ratio', 'cores used'];
}

/**
 * Sends short requests until the compilers of all processes have seen the way of a request: the first hundreds of a process
 * take up to three times as long as later ones.
 */
export async function warmUp(targets: readonly Target[], requests: number, body: object): Promise<void> {
  const clients = 8;
  const client = async (): Promise<void> => {
    for (let sent = 0; sent < requests / clients; sent += 1) {
      for (const { url } of targets) await streamOnce(`${url}/v1/chat/completions`, body);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** Measures two servers in turns, and says what the second adds. The first round is not counted. */
export async function comparePaths(
  alone: Target,
  other: Target,
  loops: ClosedLoops,
  rounds: number,
): Promise<readonly string[]> {
  const trials: { readonly alone: Trial[]; readonly other: Trial[] } = { alone: [], other: [] };
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? (['alone', 'other'] as const) : (['other', 'alone'] as const);
    for (const which of order) {
      const measured = await trial(which === 'alone' ? alone : other, loops);
      if (round > 0) trials[which].push(measured);
    }
  }
  const of = (which: 'alone' | 'other', value: (each: Trial) => number): number[] => trials[which].map(value);
  const p50 = (each: Trial): number => quantile(each.ttftMs, 0.5);
  const p95 = (each: Trial): number => quantile(each.ttftMs, 0.95);
  const speed = (each: Trial): number => each.tokensPerSecond;
  const load = (each: Trial): number => each.load;
  const added = of('other', p50).map((ms, index) => ms - (of('alone', p50)[index] ?? Number.NaN));
  return [
    String(loops.clients),
    median(of('alone', p50)).toFixed(1),
    median(of('other', p50)).toFixed(1),
    spread(added, 1),
    `${median(of('alone', p95)).toFixed(1)} / ${median(of('other', p95)).toFixed(1)}`,
    spread(ratios(of('other', speed), of('alone', speed)), 3),
    `${median(of('alone', load)).toFixed(2)} / ${median(of('other', load)).toFixed(2)}`,
  ];
}

async function trial({ url, pids }: Target, { clients, durationMs, answerMs, body }: ClosedLoops): Promise<Trial> {
  const ttftMs: number[] = [];
  let received = 0;
  const usedMs = cpuMs(pids());
  const startMs = performance.now();
  const client = async (index: number): Promise<void> => {
    await sleep((index / clients) * answerMs);
    while (performance.now() - startMs < durationMs) {
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
