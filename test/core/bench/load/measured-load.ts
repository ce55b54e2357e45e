import { afterEach } from 'vitest';
import { inThreadLoad } from '../../../../src/core/bench/load/in-thread.js';
import type { LoadJob } from '../../../../src/core/bench/load/job/load-job.js';
import type { RunPart } from '../../../../src/core/bench/record/run-part.js';
import { assumedScale } from '../../../../src/core/bench/workload/words.js';
import type { WorkloadSpec } from '../../../../src/core/bench/workload/workload.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';
import { TokenServer } from '../../../support/token-server.js';

/** Prompts of 8 tokens, answers of 4. */
export const shortRequests = {
  ...{ type: 'synthetic', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale },
  ...{ inputTokens: parseLengths('8'), outputTokens: parseLengths('4') },
} as const satisfies WorkloadSpec;

/** Starts servers, which are stopped after each test. Called once by a file of tests. */
export function tokenServers(): typeof TokenServer.start {
  const servers: TokenServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });
  return async (...args) => {
    const server = await TokenServer.start(...args);
    servers.push(server);
    return server;
  };
}

/** A run of {@link shortRequests} without a warm-up. */
export function jobOf(server: TokenServer, job: Pick<LoadJob, 'shape' | 'requests'> & Partial<LoadJob>): LoadJob {
  return {
    client: { url: server.url, headers: {}, timeoutMs: 10_000 },
    workload: shortRequests,
    body: { model: 'm', ignoreEos: false, omitted: [], extraBody: null },
    ...{ run: 0, worker: 0, workers: 1, warmupMs: 0, durationMs: null, extension: null },
    ...{ objectives: [], trackedObjectives: [], samplesPath: null },
    ...job,
  };
}

/** Sends the requests of a job from this thread. */
export async function measure(job: LoadJob, signal = new AbortController().signal): Promise<RunPart> {
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
