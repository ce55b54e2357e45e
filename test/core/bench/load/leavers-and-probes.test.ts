import { afterEach, describe, expect, it } from 'vitest';
import { inThreadLoad } from '../../../../src/core/bench/load/in-thread.js';
import { withLeavers } from '../../../../src/core/bench/load/job/leavers.js';
import { type LoadJob, partOf } from '../../../../src/core/bench/load/job/load-job.js';
import type { RunPart } from '../../../../src/core/bench/record/run-part.js';
import { assumedScale } from '../../../../src/core/bench/workload/words.js';
import { createWorkload, type WorkloadSpec } from '../../../../src/core/bench/workload/workload.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';
import { type StreamPlan, TokenServer } from '../../../support/token-server.js';
import { until } from '../../../support/until.js';

const servers: TokenServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function serve(plan: (request: number) => StreamPlan): Promise<TokenServer> {
  const server = await TokenServer.start(plan);
  servers.push(server);
  return server;
}

const workload: WorkloadSpec = {
  ...{ type: 'synthetic', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale },
  ...{ inputTokens: parseLengths('8'), outputTokens: parseLengths('4') },
};

function jobFor(server: TokenServer, changes: Partial<LoadJob>): LoadJob {
  return {
    client: { url: server.url, headers: {}, timeoutMs: 10_000 },
    workload,
    body: { model: 'm', ignoreEos: false, omitted: [], extraBody: null },
    shape: { type: 'open', rate: 200, arrival: 'constant', seed: 1 },
    ...{ run: 0, worker: 0, workers: 1, warmupMs: 0, durationMs: null, requests: 20, extension: null },
    ...{ objectives: [], trackedObjectives: [], samplesPath: null },
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

const limited = { type: 'open', rate: 200, arrival: 'constant', seed: 1, maxInFlight: 2 } as const;

describe('a limit of the requests in flight', () => {
  it('holds back what is too much, and counts its latency from when it was due', async () => {
    // All are due long before the first is answered, even if this process stalls for a moment.
    const server = await serve(() => ({ prefillMs: 200, tokenMs: 1, tokens: 2 }));
    const part = await measure(jobFor(server, { shape: limited, requests: 6 }));
    expect(server.mostInFlight).toBe(2);
    expect(part.completed).toBe(6);
    expect(part.heldBack.requests).toBe(4);
    // The last of three pairs waits for two others.
    expect(part.heldBack.longestUs).toBeGreaterThan(300_000);
    const { ttft, ttft_from_schedule: fromSchedule } = part.histograms;
    expect(fromSchedule.maxMs).toBeGreaterThan((ttft.quantileMs(50) ?? 0) + 300);
  });

  it('sends the same requests as without', async () => {
    const server = await serve(() => ({ prefillMs: 5, tokenMs: 1, tokens: 2 }));
    await measure(jobFor(server, {}));
    const free = server.bodies.splice(0).toSorted();
    await Promise.all([0, 1].map((worker) => measure(partOf(jobFor(server, { shape: limited }), worker, 2))));
    expect(server.bodies.toSorted()).toEqual(free);
  });

  it('sends nothing of what it holds back when the bench is stopped', async () => {
    const server = await serve(() => ({ prefillMs: 60_000, tokenMs: 1, tokens: 2 }));
    const stop = new AbortController();
    const measured = measure(jobFor(server, { shape: limited }), stop.signal);
    await until(() => server.bodies.length === 2, 'the requests that are let through');
    stop.abort();
    expect(await measured).toMatchObject({ completed: 0, failed: 0 });
    expect(server.bodies).toHaveLength(2);
  });
});

describe('clients that leave', () => {
  /** They leave long after an answer that comes at once, even on a busy machine. */
  const leaving = { share: 0.3, afterMs: 600, seed: 1 };

  it('are in no other figure, whether they left or had their answer by then', async () => {
    // An answer is one token, so that nobody can leave in the middle of it.
    const server = await serve((request) => ({ prefillMs: request % 2 === 0 ? 1 : 1500, tokenMs: 1, tokens: 1 }));
    const part = await measure(jobFor(server, { leaving, requests: 40 }));
    const { requests, left, leftBeforeFirstToken, answered, unanswered } = part.leavers;
    expect(left).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(0);
    expect([left + answered, leftBeforeFirstToken, unanswered]).toEqual([requests, left, 0]);
    expect(part.completed + requests).toBe(40);
    expect(part.histograms.ttft.count).toBe(part.completed);
    expect(part).toMatchObject({ failed: 0, timedOut: 0, refused: 0, errors: {} });
  });

  it('hang up, so that the server notices', async () => {
    const server = await serve(() => ({ prefillMs: 1, tokenMs: 30, tokens: 100 }));
    const part = await measure(jobFor(server, { leaving: { ...leaving, share: 0.99 }, requests: 3 }));
    expect(part.leavers).toMatchObject({ requests: 3, left: 3, leftBeforeFirstToken: 0 });
    await until(() => server.inFlight === 0, 'the server to notice');
  });

  it('are followed by others in a closed loop', async () => {
    const server = await serve(() => ({ prefillMs: 100, tokenMs: 1, tokens: 2 }));
    const shape = { type: 'closed', clients: 1 } as const;
    const part = await measure(jobFor(server, { shape, leaving: { ...leaving, afterMs: 10 }, requests: 8 }));
    expect(part.leavers.left + part.completed).toBe(8);
    expect(part.leavers.left).toBeGreaterThan(0);
  });

  it('are the same whoever sends, and about as many as were asked for', () => {
    const plan = withLeavers(createWorkload(workload), leaving);
    const leavers = Array.from({ length: 1000 }, (_, index) => index).filter(
      (index) => plan.conversation(0, index)[0]?.leavesAfterMs !== undefined,
    );
    expect(leavers.slice(0, 8)).toEqual([1, 10, 11, 13, 19, 24, 33, 37]);
    expect(leavers.length / 1000).toBeCloseTo(0.3, 1);
  });
});

describe('probes', () => {
  it('are sent at their own rate beside the load, and are in no other figure', async () => {
    const server = await serve(() => ({ prefillMs: 30, tokenMs: 1, tokens: 2 }));
    const shape = { type: 'closed', clients: 2 } as const;
    const job = jobFor(server, { shape, requests: null, durationMs: 300, probes: { rate: 50, seed: 1 } });
    const part = await measure(job);
    const probes = server.bodies.filter((body) => body.includes('"max_tokens":1,'));
    expect(probes.length).toBeGreaterThan(5);
    expect(new Set(probes).size).toBe(probes.length);
    expect(part.probes).toMatchObject({ completed: probes.length, unanswered: 0 });
    expect(LatencyHistogram.decode(part.probes.ttft ?? '').count).toBe(probes.length);
    expect(part.completed).toBe(server.bodies.length - probes.length);
  });

  it('end with the load, however many requests it has', async () => {
    const server = await serve(() => ({ prefillMs: 2, tokenMs: 1, tokens: 2 }));
    const part = await measure(jobFor(server, { requests: 4, probes: { rate: 0.01, seed: 1 } }));
    expect(part).toMatchObject({ completed: 4, probes: { completed: 0, ttft: null } });
  });
});
