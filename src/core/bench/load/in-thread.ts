import { microsNow } from '../../base/micros.js';
import type { RequestOutcome } from '../client/outcome.js';
import { reportedStages } from '../plan/stages.js';
import { FirstAnswers } from '../record/first-answers.js';
import { groupsOf } from '../record/group-names.js';
import { LoopDelay } from '../record/loop-delay.js';
import type { RunPart } from '../record/run-part.js';
import { RunRecorder, type RunSnapshot } from '../record/run-recorder.js';
import { SamplesFile, type Sender } from '../record/samples-file.js';
import { createWorkload, type Turn } from '../workload/workload.js';
import { runClosedLoop } from './closed-loop.js';
import { ConnectionLoss } from './connection-loss.js';
import { countEnded } from './extension.js';
import { withLeavers } from './leavers.js';
import { createLoadClients, type LoadClients } from './load-clients.js';
import type { LoadGenerator, LoadJob } from './load-generator.js';
import { type LoadRun, MeasurementWindow, Pauses } from './load-run.js';
import { runOpenLoop } from './open-loop.js';
import { runProbes } from './probes.js';
import { suppliesOf } from './tenant-supplies.js';
import { TurnsInOrder } from './turns-in-order.js';

/** How often the requests in flight are counted. */
const countEveryMs = 10;

/** Sends from this thread. */
export function inThreadLoad(): LoadGenerator {
  let prepared: { readonly job: LoadJob; readonly clients: LoadClients } | undefined;
  let loopDelay: LoopDelay | undefined;
  let running: RunningLoad | undefined;
  return {
    async prepare(job) {
      // What the run before has shown says nothing about this one.
      running = undefined;
      await prepared?.clients.close();
      const clients = createLoadClients(job);
      prepared = { job, clients };
      await clients.connect();
      loopDelay ??= await LoopDelay.open();
    },
    async start(signal) {
      if (prepared === undefined || loopDelay === undefined) throw new Error('start was called before prepare');
      running = runLoad(prepared.job, prepared.clients, loopDelay, microsNow(), signal);
      return [await running.done];
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

/** One worker's share of a run, under way. */
interface RunningLoad {
  readonly snapshot: RunSnapshot;
  /** Resolves when everything that was sent has ended. */
  readonly done: Promise<RunPart>;
}

/**
 * Sends one worker's share of a run's load, and records what comes back.
 *
 * @param clients with connections that are ready
 * @param loopDelay open, and not measuring
 * @param startUs when the load begins, on the clock that all threads share
 * @param signal aborted to stop early: nothing more is sent, and what is in flight is not counted
 */
function runLoad(
  job: LoadJob,
  clients: LoadClients,
  loopDelay: LoopDelay,
  startUs: number,
  signal: AbortSignal,
): RunningLoad {
  const window = new MeasurementWindow(startUs, job);
  const recorder = new RunRecorder(job.objectives, window.beginUs, {
    promises: job.promises,
    stagesMs: stagesMsOf(job),
    headline: job.shape.type === 'open' ? 'ttft_from_schedule' : 'ttft',
  });
  const firstAnswers = new FirstAnswers();
  return {
    get snapshot() {
      return { ...recorder.snapshot, rejection: firstAnswers.rejection };
    },
    done: run(job, clients, loopDelay, recorder, firstAnswers, window, startUs, signal),
  };
}

/** Who sent a request, for the file of samples. */
function senderOf({ number, tenant }: Turn, { tenants = [], samplesOf }: LoadJob): Sender {
  const name = tenant === undefined ? undefined : tenants[tenant]?.tenant.name;
  return { turn: number ?? null, tenant: name ?? null, ...(samplesOf === undefined ? {} : { server: samplesOf }) };
}

/** How long each reported stage takes; empty if the rate stays the same. */
function stagesMsOf({ shape }: LoadJob): readonly number[] {
  const stages = shape.type === 'open' ? (shape.stages ?? []) : [];
  return reportedStages(stages).map(({ durationMs }) => durationMs);
}

async function run(
  job: LoadJob,
  clients: LoadClients,
  loopDelay: LoopDelay,
  recorder: RunRecorder,
  firstAnswers: FirstAnswers,
  window: MeasurementWindow,
  startUs: number,
  signal: AbortSignal,
): Promise<RunPart> {
  const workload = withLeavers(createWorkload(job.workload), job.leaving ?? null);
  const supplies = suppliesOf(job);
  const samples = job.samplesPath === null ? undefined : new SamplesFile(job.samplesPath, job.run);
  const pauses = new Pauses();
  const probePauses = new Pauses();
  const loss = new ConnectionLoss();
  const stopSending = (): void => {
    window.close();
    pauses.end();
    probePauses.end();
  };
  const inOrder = new TurnsInOrder(workload, job.run);
  let nextConversation = job.worker;

  const sendTurn = async (turn: Turn, intendedUs: number): Promise<RequestOutcome> => {
    const isFirst = firstAnswers.begin();
    const outcome = await clients.send(turn, intendedUs);
    if (isFirst) firstAnswers.end(outcome);
    if (loss.observe(outcome)) stopSending();
    return outcome;
  };

  const load: LoadRun = {
    window,
    pauses,
    arrivalOfTenant: supplies.arrival,
    nextConversation(tenant) {
      if (tenant !== null) return supplies.conversation(tenant);
      const turns = workload.conversation(job.run, nextConversation);
      nextConversation += job.workers;
      return turns;
    },
    turnAt: (index) => inOrder.at(index),
    hold: () => {
      recorder.heldBack.hold();
    },
    async send(turn, intendedUs, phase, heldUs = null) {
      const leaves = turn.leavesAfterMs !== undefined;
      if (heldUs !== null) recorder.heldBack.release(heldUs, phase === 'counted' && !leaves);
      if (phase === 'warm-up') {
        recorder.beginWarmup();
        const outcome = await sendTurn(turn, intendedUs);
        recorder.endWarmup(outcome, groupsOf(turn));
        return outcome;
      }
      if (leaves) {
        recorder.leavers.begin();
        const outcome = await sendTurn(turn, intendedUs);
        recorder.endLeaver(outcome, groupsOf(turn));
        return outcome;
      }
      recorder.begin(intendedUs);
      const outcome = await sendTurn(turn, intendedUs);
      const metrics = recorder.end(outcome, { heldUs: heldUs ?? 0, groups: groupsOf(turn) });
      if (job.extension !== null) countEnded(job.extension, outcome);
      if (outcome.status !== 'aborted') samples?.write(outcome, metrics, senderOf(turn, job));
      return outcome;
    },
  };

  loopDelay.begin();
  const counting = setInterval(() => {
    recorder.countInFlight(microsNow());
  }, countEveryMs);
  const warmup = setTimeout(() => {
    loopDelay.reset();
  }, job.warmupMs);
  const abort = (): void => {
    stopSending();
    clients.abort();
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const probing =
    job.probes === undefined
      ? null
      : runProbes(job.probes, job, window, probePauses, async (body, intendedUs) => {
          recorder.probes.end(await clients.sendProbe(body, intendedUs));
        });
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
    await samples?.close();
  }
  return {
    ...recorder.part(loopDelay.end()),
    extendedUs: window.extendedUs,
    rejection: firstAnswers.finalRejection,
    samplesFailure: samples?.failure ?? null,
  };
}
