import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { microsNow } from '../../src/core/bench/client/micros.js';
import type { CompletedRequest } from '../../src/core/bench/client/outcome.js';
import { createStreamingClient } from '../../src/core/bench/client/undici-client.js';
import { markdownTable } from '../support/markdown.js';
import { startScript } from '../support/processes.js';

/**
 * Whether the load generator's times are true: against a server that notes when it wrote each token on the same clock
 * (hrtime is the same in all processes of a machine), how late does the client see them?
 */
const settings = [
  { streams: 1, tokens: 8, seconds: 25, aimMs: null },
  { streams: 64, tokens: 40, seconds: 12, aimMs: 1 },
  { streams: 500, tokens: 40, seconds: 12, aimMs: 5 },
] as const;

type Log = Readonly<Record<string, { readonly receivedUs: number; readonly sentUs: readonly number[] }>>;

interface Measured {
  readonly user: string;
  readonly outcome: CompletedRequest;
}

/** The value below which a share of them lies, 0 to 1; the nearest rank. */
function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Keeps `streams` requests in flight; the first of each stream is left out, they all begin at once. */
async function measure(url: string, streams: number, tokens: number, seconds: number): Promise<Measured[]> {
  const client = createStreamingClient({ url: `${url}/v1/chat/completions`, headers: {}, timeoutMs: 60_000 });
  await client.connect(streams);
  const measured: Measured[] = [];
  const endUs = microsNow() + seconds * 1e6;
  const oneStream = async (stream: number): Promise<void> => {
    for (let turn = 0; microsNow() < endUs; turn += 1) {
      const user = `${stream}-${turn}`;
      const outcome = await client.send(JSON.stringify({ stream: true, user, max_tokens: tokens }), microsNow());
      if (outcome.state !== 'completed') throw new Error(`${outcome.code}: ${outcome.message}`);
      if (turn > 0) measured.push({ user, outcome });
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, stream) => oneStream(stream)));
  await client.close();
  return measured;
}

/** Milliseconds that every token of an answer was seen after it was written. */
function latenessMs({ firstTokenUs, gapsUs }: CompletedRequest, sentUs: readonly number[]): number[] {
  let seenUs = firstTokenUs;
  const lateness = [(seenUs - (sentUs[0] ?? Number.NaN)) / 1000];
  for (const [index, gapUs] of gapsUs.entries()) {
    seenUs += gapUs;
    lateness.push((seenUs - (sentUs[index + 1] ?? Number.NaN)) / 1000);
  }
  return lateness;
}

async function row({ streams, tokens, seconds, aimMs }: (typeof settings)[number]): Promise<string[]> {
  const server = await startScript(fileURLToPath(new URL('timed-server.js', import.meta.url)));
  try {
    await measure(server.url, streams, tokens, 2); // pays for compiling
    await fetch(`${server.url}/log`).then((response) => response.text());
    const resolutionMs = 2;
    const delay = monitorEventLoopDelay({ resolution: resolutionMs });
    delay.enable();
    const cpuBefore = process.cpuUsage();
    const beginMs = performance.now();
    const measured = await measure(server.url, streams, tokens, seconds);
    const wallMs = performance.now() - beginMs;
    const { user, system } = process.cpuUsage(cpuBefore);
    delay.disable();
    // The monitor counts its own interval in.
    const loopP99Ms = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
    const cpuShare = (user + system) / 1000 / wallMs;
    const log = (await (await fetch(`${server.url}/log`)).json()) as Log;

    const tokenMs: number[] = [];
    const firstMs: number[] = [];
    const errorMs: number[] = [];
    const ttftMs: number[] = [];
    for (const { user: id, outcome } of measured) {
      const { receivedUs = Number.NaN, sentUs = [] } = log[id] ?? {};
      if (outcome.tokenChunks !== sentUs.length) throw new Error('Tokens were lost.');
      const lateness = latenessMs(outcome, sentUs);
      tokenMs.push(...lateness);
      firstMs.push(lateness[0] ?? Number.NaN);
      const ttftUs = outcome.firstTokenUs - outcome.sendUs;
      ttftMs.push(ttftUs / 1000);
      errorMs.push((ttftUs - ((sentUs[0] ?? Number.NaN) - receivedUs)) / 1000);
    }
    const pair = (values: readonly number[]): string =>
      `${quantile(values, 0.5).toFixed(2)} / ${quantile(values, 0.99).toFixed(2)}`;
    const isSaturated = loopP99Ms > Math.max(quantile(ttftMs, 0.5) / 10, 10) || cpuShare > 0.9;
    return [
      String(streams),
      String(measured.length),
      pair(firstMs),
      pair(errorMs),
      pair(tokenMs),
      loopP99Ms.toFixed(1),
      cpuShare.toFixed(2),
      isSaturated ? 'yes' : 'no',
      aimMs === null ? '' : `under ${aimMs} ms`,
    ];
  } finally {
    await server.stop();
  }
}

const rows: string[][] = [];
for (const setting of settings) rows.push(await row(setting));
console.log(
  markdownTable(
    [
      'streams',
      'requests',
      'first token late, p50 / p99 ms',
      'TTFT against the server, p50 / p99 ms',
      'any token late, p50 / p99 ms',
      'event loop p99, ms',
      'CPU',
      'saturated',
      'aim for p99',
    ],
    rows,
  ),
);
