import { fileURLToPath } from 'node:url';
import { microsNow } from '../../src/core/base/micros.js';
import type { CompletedRequest } from '../../src/core/bench/client/outcome.js';
import { createStreamingClient } from '../../src/core/bench/client/streaming-client.js';
import { LoopDelay } from '../../src/core/bench/record/loop-delay.js';
import type { LatencyHistogram } from '../../src/core/measurement/latency/histogram.js';
import { ClientDelay } from '../../src/core/measurement/validity/client-delay.js';
import { markdownTable } from '../support/markdown.js';
import { startScript } from '../support/processes.js';
import { quantile } from '../support/statistics.js';

/**
 * Whether the load generator's times are correct: against a server that notes when it wrote each token on the same
 * clock (hrtime is the same in all processes of a machine), how late does the client see them? `truth 500` measures 500
 * streams only.
 */
const warmupMs = 1000;
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

interface Measurement {
  readonly measured: readonly Measured[];
  readonly loopDelay: LatencyHistogram;
  readonly cpuShare: number;
}

/** Keeps `streams` requests in flight as a closed loop does: they begin spread over the warm-up, which is left out. */
async function measure(
  url: string,
  { streams, tokens }: { readonly streams: number; readonly tokens: number },
  seconds: number,
): Promise<Measurement> {
  const client = createStreamingClient({ url: `${url}/v1/chat/completions`, headers: {}, timeoutMs: 60_000 });
  await client.connect(streams);
  const delay = await LoopDelay.open();
  const measured: Measured[] = [];
  const beginUs = microsNow() + warmupMs * 1000;
  const endUs = beginUs + seconds * 1e6;
  const oneStream = async (stream: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, (stream / streams) * warmupMs));
    for (let turn = 0; microsNow() < endUs; turn += 1) {
      const user = `${stream}-${turn}`;
      const outcome = await client.send(JSON.stringify({ stream: true, user, max_tokens: tokens }), microsNow());
      if (outcome.status !== 'completed') throw new Error(`${outcome.code}: ${outcome.message}`);
      if (outcome.intendedUs >= beginUs) measured.push({ user, outcome });
    }
  };
  setTimeout(() => {
    delay.reset();
  }, warmupMs);
  delay.begin();
  const cpuBefore = process.cpuUsage();
  const wallBeforeMs = performance.now();
  await Promise.all(Array.from({ length: streams }, (_, stream) => oneStream(stream)));
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuShare = (user + system) / 1000 / (performance.now() - wallBeforeMs);
  const loopDelay = delay.end();
  await delay.close();
  await client.close();
  return { measured, loopDelay, cpuShare };
}

/** For every token of an answer, milliseconds from writing it to seeing it. */
function latenessMs({ firstTokenUs, gapsUs }: CompletedRequest, sentUs: readonly number[]): number[] {
  let seenUs = firstTokenUs;
  const lateness = [(seenUs - (sentUs[0] ?? Number.NaN)) / 1000];
  for (const [index, gapUs] of gapsUs.entries()) {
    seenUs += gapUs;
    lateness.push((seenUs - (sentUs[index + 1] ?? Number.NaN)) / 1000);
  }
  return lateness;
}

async function row(setting: (typeof settings)[number]): Promise<string[]> {
  const { streams, seconds, aimMs } = setting;
  const server = await startScript(fileURLToPath(new URL('timed-server.js', import.meta.url)));
  try {
    await measure(server.url, setting, 1); // pays for compiling
    await fetch(`${server.url}/log`).then((response) => response.text());
    const { measured, loopDelay, cpuShare } = await measure(server.url, setting, seconds);
    const log = (await (await fetch(`${server.url}/log`)).json()) as Log;

    const tokenMs: number[] = [];
    const firstMs: number[] = [];
    const errorMs: number[] = [];
    const [measuredMs, trueMs]: [number[], number[]] = [[], []];
    for (const { user: id, outcome } of measured) {
      const { receivedUs = Number.NaN, sentUs = [] } = log[id] ?? {};
      if (outcome.tokenChunks !== sentUs.length) throw new Error('Tokens were lost.');
      const lateness = latenessMs(outcome, sentUs);
      tokenMs.push(...lateness);
      firstMs.push(lateness[0] ?? Number.NaN);
      const ttftUs = outcome.firstTokenUs - outcome.sendUs;
      const trueUs = (sentUs[0] ?? Number.NaN) - receivedUs;
      errorMs.push((ttftUs - trueUs) / 1000);
      measuredMs.push(ttftUs / 1000);
      trueMs.push(trueUs / 1000);
    }
    const pair = (values: readonly number[]): string =>
      `${quantile(values, 0.5).toFixed(2)} / ${quantile(values, 0.99).toFixed(2)}`;
    return [
      String(streams),
      String(measured.length),
      pair(firstMs),
      pair(errorMs),
      pair(tokenMs),
      (loopDelay.quantileMs(99) ?? 0).toFixed(2),
      cpuShare.toFixed(2),
      [0.5, 0.95].map((share) => (quantile(measuredMs, share) - quantile(trueMs, share)).toFixed(2)).join(' / '),
      [50, 95].map((percent) => ClientDelay.ofHistogram(loopDelay).addedMs(percent).toFixed(2)).join(' / '),
      aimMs === null ? '' : `under ${aimMs} ms`,
    ];
  } finally {
    await server.stop();
  }
}

const only = process.argv.slice(2).map(Number);
const chosen = only.length === 0 ? settings : settings.filter(({ streams }) => only.includes(streams));
const rows: string[][] = [];
for (const setting of chosen) rows.push(await row(setting));
console.log(
  markdownTable(
    [
      'streams',
      'requests',
      'first token late, p50 / p99 ms',
      'TTFT against the server, p50 / p99 ms',
      'any token late, p50 / p99 ms',
      'event loop late, p99 ms',
      'CPU',
      'TTFT p50 / p95 too long by, ms',
      'error bar of p50 / p95, ms',
      'aim for p99',
    ],
    rows,
  ),
);
