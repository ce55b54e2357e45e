import { bench } from '../../src/core/bench/bench.js';
import type { BenchOptions } from '../../src/core/bench/plan/options.js';
import { parseObjective } from '../../src/core/measurement/settings/objectives.js';
import { parseLengths } from '../../src/core/measurement/workload/lengths.js';
import { benchOptionsOf } from '../../test/core/bench/options.js';
import { markdownTable } from '../support/markdown.js';
import { startChatstream } from '../support/processes.js';

/**
 * Whether `bench --find-max` finds a limit that is known: the mock engine with 4 slots, whose answers of one token take as
 * long as its prefill, answers nearly slots ÷ prefill requests per second. Nearly, because a slot is also empty until the
 * next request is in it, which depends on the machine: so a closed loop of 16 clients measures, before and after each
 * search, what the server can do, and the mean of both is its capacity. Requests of the search come at equal intervals, so
 * that nothing waits below that rate, and the wait grows without end above it. `find-max 20` does it 20 times.
 */
const slots = 4;
const prefillMs = 100;
const nominal = (slots / prefillMs) * 1000;
const objective = parseObjective('ttft.p95<130ms');
const runs = Number(process.argv[2] ?? 20);

const hooks = {
  signal: new AbortController().signal,
  onServerStart: () => undefined,
  onServerLog: () => undefined,
  onProgress: () => undefined,
  onRun: () => undefined,
  isDecided: () => false,
};

function optionsOf(url: string, seed: number): BenchOptions {
  return benchOptionsOf({
    target: { type: 'url', url },
    load: { type: 'open', rates: [5], arrival: 'constant' },
    findMax: { objectives: [objective], by: 'rate', precision: 0.05, start: 5 },
    sweepUpTo: slots,
    durationMs: 1000,
    requests: null,
    warmupMs: 250,
    maxDurationMs: 120_000,
    seed,
    timeoutMs: 30_000,
    outputTokens: parseLengths('1'),
    version: 'benchmark',
  });
}

/** What the server can do, in requests per second. */
async function capacityOf(url: string, seed: number): Promise<number> {
  const options: BenchOptions = {
    ...optionsOf(url, seed),
    load: { type: 'closed', concurrency: [16] },
    maxConcurrency: [slots],
    findMax: null,
    durationMs: 8000,
    warmupMs: 1000,
  };
  const { result } = await bench(options, hooks);
  return result.runs[0]?.rates.requests_per_second ?? NaN;
}

const server = await startChatstream([
  ...['--engine', 'mock', '--max-concurrency', String(slots), '--max-queue', '5000'],
  ...['--mock-prefill', `${prefillMs}ms`, '--mock-token', '1ms'],
]);
const rows: string[][] = [];
let [near, covered] = [0, 0];
try {
  for (let run = 1; run <= runs; run += 1) {
    const options = optionsOf(server.url, run);
    const before = await capacityOf(server.url, run);
    const { result } = await bench(options, hooks);
    const after = await capacityOf(server.url, run);
    const truth = (before + after) / 2;
    const found = result.find_max;
    const error = (found?.load ?? NaN) / truth - 1;
    const covers = (found?.lower ?? 0) <= truth && truth <= (found?.upper ?? Infinity);
    if (Math.abs(error) <= 0.05) near += 1;
    if (covers) covered += 1;
    const seconds = (Date.parse(result.finished_at) - Date.parse(result.started_at)) / 1000;
    const interval = `${found?.lower ?? '–'} to ${found?.upper ?? '–'}`;
    rows.push([
      String(run),
      `${truth.toFixed(1)} (${before.toFixed(1)}, ${after.toFixed(1)})`,
      String(found?.load ?? found?.status),
      interval,
      `${(error * 100).toFixed(1)} %`,
      covers ? 'yes' : 'no',
      String(result.runs.length),
      seconds.toFixed(0),
    ]);
    console.error(rows.at(-1)?.join('  '));
  }
} finally {
  await server.stop();
}
console.log(
  markdownTable(
    ['run', 'capacity, per s', 'found, per s', '95 % interval', 'error', 'covers', 'measurements', 's'],
    rows,
  ),
);
console.log(
  `\nNominal: ${nominal} requests/s. Within 5 %: ${near} of ${runs}. Interval covers it: ${covered} of ${runs}.`,
);
