import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { inThreadLoad } from '../../../../src/core/bench/load/in-thread.js';
import { inWorkersLoad } from '../../../../src/core/bench/load/in-workers.js';
import { extensionOf } from '../../../../src/core/bench/load/job/extension.js';
import { type LoadJob, partOf, shareOf } from '../../../../src/core/bench/load/job/load-job.js';
import type { RunPart } from '../../../../src/core/bench/record/run-part.js';
import { assumedScale } from '../../../../src/core/bench/workload/words.js';
import type { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';
import { TokenServer } from '../../../support/token-server.js';
import { until } from '../../../support/until.js';

const servers: TokenServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function serve(...args: Parameters<typeof TokenServer.start>): Promise<TokenServer> {
  const server = await TokenServer.start(...args);
  servers.push(server);
  return server;
}

function jobFor(server: TokenServer, changes: Partial<LoadJob> = {}): LoadJob {
  return {
    client: { url: server.url, headers: {}, timeoutMs: 10_000 },
    workload: {
      type: 'synthetic',
      seed: 1,
      salt: 0,
      inputTokens: parseLengths('8'),
      outputTokens: parseLengths('4'),
      sharedPrefixTokens: 0,
      scale: assumedScale,
    },
    body: { model: 'm', ignoreEos: false, omitted: [], extraBody: null },
    shape: { type: 'closed', clients: 3 },
    run: 0,
    worker: 0,
    workers: 1,
    warmupMs: 0,
    durationMs: null,
    requests: 12,
    extension: null,
    objectives: [],
    trackedObjectives: [],
    samplesPath: null,
    ...changes,
  };
}

async function measure(job: LoadJob, signal = new AbortController().signal): Promise<RunPart> {
  const load = inThreadLoad();
  try {
    await load.prepare(job);
    const [part] = await load.start(signal);
    if (part === undefined) throw new Error('nothing was measured');
    return part;
  } finally {
    await load.close();
  }
}

const quick = { prefillMs: 2, tokenMs: 1, tokens: 4 };

describe('a closed loop', () => {
  it('keeps one request of each client in flight, and sends as many as were asked for', async () => {
    const server = await serve(() => quick);
    const part = await measure(jobFor(server));
    expect(part.completed).toBe(12);
    expect(server.bodies).toHaveLength(12);
    expect(server.mostInFlight).toBe(3);
  });

  it('sends the same bodies again with the same seed, whatever the timing', async () => {
    const server = await serve((request) => ({ ...quick, prefillMs: (request * 7) % 5 }));
    await measure(jobFor(server));
    await measure(jobFor(server));
    const first = server.bodies.slice(0, 12).toSorted();
    expect(server.bodies.slice(12).toSorted()).toEqual(first);
    expect(new Set(first).size).toBe(12);
  });

  it('measures one request of each client even if the window is shorter than a request', async () => {
    const server = await serve(() => ({ prefillMs: 80, tokenMs: 1, tokens: 2 }));
    const part = await measure(jobFor(server, { requests: null, warmupMs: 20, durationMs: 10 }));
    // One before, which belongs to the warm-up, unless the machine took longer than that to begin.
    expect(part.completed).toBe(3);
    expect(part.warmup).toBe(server.bodies.length - 3);
  });

  it('goes on beyond its duration until there are enough answers', async () => {
    const server = await serve(() => quick);
    const extension = extensionOf({ requests: 20, longestMs: 60_000 }, 1);
    const part = await measure(jobFor(server, { requests: null, durationMs: 1, extension }));
    expect(part.completed).toBeGreaterThanOrEqual(20);
    // Those of the other clients that were on their way, and no more.
    expect(part.completed).toBeLessThanOrEqual(22);
    expect(part.extendedUs).toBeGreaterThan(0);
  });

  it('leaves the warm-up out of the latencies', async () => {
    const server = await serve(() => ({ ...quick, prefillMs: 50 }));
    const part = await measure(jobFor(server, { warmupMs: 500, requests: 6 }));
    expect(part.completed).toBe(6);
    expect(part.warmup).toBeGreaterThan(0);
    expect(part.warmup).toBe(server.bodies.length - 6);
    expect(part.histograms.ttft.count).toBe(6);
  });

  it('does not make Node warn of a leak, however many clients wait at the same time', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const server = await serve(() => quick);
    const shape = { type: 'closed', clients: 16 } as const;
    const part = await measure(jobFor(server, { shape, warmupMs: 100, requests: 32 }));
    expect(part.completed).toBe(32);
    expect(warnings).toEqual([]);
  });

  it('ends the waits of its clients when it is stopped', async () => {
    const server = await serve(() => quick);
    const stop = new AbortController();
    const measured = measure(
      jobFor(server, { warmupMs: 3_600_000, shape: { type: 'closed', clients: 2 } }),
      stop.signal,
    );
    await until(() => server.bodies.length > 0, 'the first client');
    stop.abort();
    expect(await measured).toMatchObject({ completed: 0 });
  });

  it('stops when it is told to, and does not count the requests that it ended', async () => {
    const server = await serve((request) => (request < 3 ? quick : { prefillMs: 60_000, tokenMs: 1, tokens: 2 }));
    const stop = new AbortController();
    const measured = measure(jobFor(server, { requests: 1000 }), stop.signal);
    await until(() => server.bodies.length === 6, 'the second request of each client');
    stop.abort();
    expect(await measured).toMatchObject({ completed: 3, failed: 0, timedOut: 0 });
  });
});

describe('an open loop', () => {
  const open = { type: 'open', rate: 100, arrival: 'constant', seed: 1 } as const;

  it('sends when requests are due, whatever happened to earlier ones', async () => {
    const server = await serve((request) => ({ ...quick, prefillMs: request === 0 ? 400 : 2 }));
    const part = await measure(jobFor(server, { shape: open, requests: 20 }));
    expect(part.completed).toBe(20);
    // The 19 others were due within the 400 ms of the first.
    expect(server.mostInFlight).toBeGreaterThan(1);
  });

  it('goes on beyond its duration until there are enough answers', async () => {
    const server = await serve(() => quick);
    const extension = extensionOf({ requests: 8, longestMs: 60_000 }, 1);
    const part = await measure(jobFor(server, { shape: open, requests: null, durationMs: 1, extension }));
    expect(part.completed).toBeGreaterThanOrEqual(8);
    expect(part.extendedUs).toBeGreaterThan(0);
  });

  it('shows in the latency from schedule a stall that one client in a closed loop hides', async () => {
    const stalledUntil = { ms: 0 };
    const stalling = (request: number): typeof quick => {
      if (request === 10) stalledUntil.ms = performance.now() + 1000;
      return { ...quick, prefillMs: Math.max(2, stalledUntil.ms - performance.now()) };
    };
    const closedPart = await measure(
      jobFor(await serve(stalling), { shape: { type: 'closed', clients: 1 }, requests: 120 }),
    );
    stalledUntil.ms = 0;
    const openPart = await measure(jobFor(await serve(stalling), { shape: open, requests: 120 }));

    const hidden = closedPart.histograms.ttft;
    const shown = openPart.histograms.ttft_from_schedule;
    // One request of 120 met the stall; at 100 requests per second, about 100 of 120 were due while it lasted.
    expect(hidden.quantileMs(90)).toBeLessThan(500);
    expect(shown.quantileMs(50)).toBeGreaterThan(250);
  });

  it('blames the client, not the server, for what the client sent late', async () => {
    // Client and server are one thread here: what is due meanwhile is sent late.
    const server = await serve((request) => {
      if (request === 3) blockFor(300);
      return quick;
    });
    const part = await measure(jobFor(server, { shape: open, requests: 30 }));
    const histogram = (name: 'client_wait' | 'ttft_from_schedule'): LatencyHistogram => part.histograms[name];
    expect(histogram('client_wait').maxMs).toBeGreaterThan(200);
    expect(histogram('ttft_from_schedule').maxMs).toBeGreaterThan(200);
    expect(part.loopDelay.maxMs).toBeGreaterThan(200);
  });
});

describe('a load that is prepared', () => {
  it('shows nothing of the run before', async () => {
    const server = await serve(() => quick);
    const load = inThreadLoad();
    onTestFinished(() => load.close());
    await load.prepare(jobFor(server));
    await load.start(new AbortController().signal);
    expect(load.snapshots()).toMatchObject([{ completed: 12 }]);
    await load.prepare(jobFor(server, { run: 1 }));
    expect(load.snapshots()).toEqual([]);
  });

  it.each([
    ['one thread', inThreadLoad],
    ['two threads', () => inWorkersLoad(2)],
  ])('sends next to nothing if it has been stopped before it starts, with %s', async (_, create) => {
    const server = await serve(() => quick);
    const load = create();
    onTestFinished(() => load.close());
    await load.prepare(jobFor(server, { requests: 5000 }));
    const parts = await load.start(AbortSignal.abort());
    expect(parts.reduce((sum, { completed }) => sum + completed, 0)).toBeLessThan(10);
  });

  it.each([
    ['one thread', inThreadLoad],
    ['two threads', () => inWorkersLoad(2)],
  ])('says that nobody listens, with %s', async (_, create) => {
    const server = await serve(() => quick);
    const job = jobFor(server);
    await server.stop();
    const load = create();
    onTestFinished(() => load.close());
    await expect(load.prepare(job)).rejects.toMatchObject({ code: 'target_unreachable' });
  });
});

describe('the shares of several workers', () => {
  it('add up', () => {
    expect([0, 1, 2].map((worker) => shareOf(8, worker, 3))).toEqual([3, 3, 2]);
  });

  it('send together what one worker sends alone', async () => {
    const server = await serve(() => quick);
    const whole = jobFor(server, { shape: { type: 'open', rate: 200, arrival: 'poisson', seed: 3 }, requests: 10 });
    await measure(whole);
    const alone = server.bodies.splice(0).toSorted();
    await Promise.all([0, 1].map((worker) => measure(partOf(whole, worker, 2))));
    expect(server.bodies.toSorted()).toEqual(alone);
  });
});

describe('an extension', () => {
  it('lasts for all workers until they have enough together', async () => {
    const server = await serve((request) => (request % 2 === 0 ? quick : { ...quick, prefillMs: 40 }));
    const extension = extensionOf({ requests: 20, longestMs: 60_000 }, 1);
    const whole = jobFor(server, { shape: { type: 'closed', clients: 4 }, requests: null, durationMs: 1, extension });
    const parts = await Promise.all([0, 1].map((worker) => measure(partOf(whole, worker, 2))));
    const completed = parts.reduce((sum, part) => sum + part.completed, 0);
    expect(completed).toBeGreaterThanOrEqual(20);
    expect(completed).toBeLessThanOrEqual(23);
  });
});

describe('the file of samples', () => {
  it('has one line for each request that counts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatstream-samples-'));
    try {
      const samplesPath = join(folder, 'samples.jsonl');
      const part = await measure(jobFor(await serve(() => quick), { samplesPath, requests: 5 }));
      expect(part.samplesFailure).toBeNull();
      const lines = readFileSync(samplesPath, 'utf8').trim().split('\n');
      const samples = lines.map((line): unknown => JSON.parse(line));
      expect(samples).toHaveLength(5);
      for (const sample of samples) {
        expect(sample).toMatchObject({ run: 1, state: 'completed', output_tokens: 4, output_tokens_source: 'chunks' });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Blocks the event loop, as a busy load generator does. */
function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
