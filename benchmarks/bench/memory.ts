import { inThreadLoad } from '../../src/core/bench/load/in-thread.js';
import { assumedScale } from '../../src/core/bench/workload/words.js';
import { parseLengths } from '../../src/core/measurement/workload/lengths.js';
import { markdownTable } from '../support/markdown.js';
import { residentBytes, startScript } from '../support/processes.js';

/** Whether measuring leaks memory: resident memory of the load generator in runs of 10,000 and 100,000 requests. */
const clients = 50;
const server = await startScript('.cache/benchmarks/benchmarks/bench/instant-server.js');

/** The lowest of several readings while nothing happens: memory that is used and returned is not a leak. */
async function restingBytes(): Promise<number> {
  const readings: number[] = [];
  for (let reading = 0; reading < 20; reading += 1) {
    readings.push(residentBytes(process.pid));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return Math.min(...readings);
}

async function run(requests: number): Promise<number> {
  const load = inThreadLoad();
  await load.prepare({
    client: { url: `${server.url}/v1/chat/completions`, headers: {}, timeoutMs: 10_000 },
    workload: {
      type: 'synthetic',
      seed: 1,
      salt: 0,
      inputTokens: parseLengths('64'),
      outputTokens: parseLengths('4'),
      sharedPrefixTokens: 0,
      scale: assumedScale,
    },
    body: { model: 'instant', ignoreEos: false, omitted: [], extraBody: null },
    shape: { type: 'closed', clients },
    run: 0,
    worker: 0,
    workers: 1,
    warmupMs: 0,
    durationMs: null,
    requests,
    extension: null,
    objectives: [],
    trackedObjectives: [],
    samplesPath: null,
  });
  const [part] = await load.start(new AbortController().signal);
  if (part?.completed !== requests) throw new Error(`${part?.completed ?? 0} of ${requests} requests were completed`);
  // Before the load is closed: memory that a run still holds counts.
  const bytes = await restingBytes();
  await load.close();
  return bytes;
}

try {
  // V8 grows its heap to what the load needs, once.
  await run(10_000);
  const short = await run(10_000);
  const long = await run(100_000);
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    markdownTable(
      ['after 10,000 requests', 'after 100,000', 'ratio', 'aim'],
      [[mebibytes(short), mebibytes(long), (long / short).toFixed(3), 'at most 1.1']],
    ),
  );
} finally {
  await server.stop();
}
