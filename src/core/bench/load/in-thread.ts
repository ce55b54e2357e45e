import { microsNow } from '../../base/micros.js';
import { LoopDelay } from '../record/loop-delay.js';
import type { RunPart } from '../record/run-part.js';
import type { LoadJob } from './job/load-job.js';
import { createLoadClients, type LoadClients } from './load-clients.js';
import type { LoadGenerator } from './load-generator.js';
import { runClosedLoop } from './loops/closed-loop.js';
import { runOpenLoop } from './loops/open-loop.js';
import { runProbes } from './loops/probes.js';
import { RecordedLoad } from './recorded-load.js';

/** How often the requests in flight are counted. */
const countEveryMs = 10;

/** Sends from this thread. */
export function inThreadLoad(): LoadGenerator {
  let prepared: { readonly job: LoadJob; readonly clients: LoadClients } | undefined;
  let loopDelay: LoopDelay | undefined;
  let running: RecordedLoad | undefined;
  return {
    async prepare(job) {
      // The state of an earlier run says nothing about this one.
      running = undefined;
      await prepared?.clients.close();
      const clients = createLoadClients(job);
      prepared = { job, clients };
      await clients.connect();
      loopDelay ??= await LoopDelay.open();
    },
    async start(signal) {
      if (prepared === undefined || loopDelay === undefined) throw new Error('start was called before prepare');
      const { job, clients } = prepared;
      const startUs = microsNow();
      running = new RecordedLoad(job, clients, startUs);
      return [await runLoad(running, job, loopDelay, startUs, signal)];
    },
    snapshots: () => (running === undefined ? [] : [running.snapshot]),
    async close() {
      await prepared?.clients.close();
      prepared = undefined;
      await loopDelay?.close();
      loopDelay = undefined;
    },
  };
}

/**
 * Sends one worker's share of a run's load. Resolves when everything that was sent has ended.
 *
 * @param loopDelay open, but not measuring
 * @param startUs when the load begins, on the clock that all threads share
 * @param signal aborted to stop early: nothing more is sent, and what is in flight is not counted
 */
async function runLoad(
  load: RecordedLoad,
  job: LoadJob,
  loopDelay: LoopDelay,
  startUs: number,
  signal: AbortSignal,
): Promise<RunPart> {
  loopDelay.begin();
  const counting = setInterval(() => {
    load.countInFlight(microsNow());
  }, countEveryMs);
  const warmup = setTimeout(() => {
    loopDelay.reset();
  }, job.warmupMs);
  const abort = (): void => {
    load.abort();
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const { window, probePauses, sendProbe } = load;
  const probing = job.probes === undefined ? null : runProbes(job.probes, job, window, probePauses, sendProbe);
  try {
    if (job.shape.type === 'closed')
      await runClosedLoop(job.shape.clients, job.warmupMs, load, job.shape.tenants ?? null);
    else await runOpenLoop(job.shape, job, startUs, load);
    probePauses.end();
    await probing;
  } finally {
    signal.removeEventListener('abort', abort);
    clearTimeout(warmup);
    clearInterval(counting);
    await load.close();
  }
  return load.part(loopDelay.end());
}
