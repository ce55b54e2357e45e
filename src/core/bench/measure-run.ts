import { setTimeout as delay } from 'node:timers/promises';
import { ChatstreamError } from '../base/errors.js';
import { microsNow } from '../base/micros.js';
import type { Run } from '../measurement/result-schema.js';
import { abortReason } from './abort.js';
import type { Rejection } from './client/rejection.js';
import { fillingOf, isSteady } from './filling.js';
import type { LoadGenerator, LoadJob } from './load/load-generator.js';
import { observeRun } from './observe-run.js';
import type { AbortRule } from './plan/abort-rules.js';
import type { PlannedRun } from './plan/settings.js';
import { reportedStages } from './plan/stages.js';
import type { AgentsOfRun } from './record/agent-part.js';
import type { RunPart } from './record/run-part.js';
import { mergedTrend, type RunTrend } from './record/run-trend.js';
import { assembleRun, type RunContext } from './result/assemble-run.js';
import { type BenchProgress, progressOf, runningRun, type RunPlace } from './run-progress.js';
import type { LimitChange } from './target/limit-watch.js';
import { countedBetween } from './target/prometheus.js';
import { rejectedError } from './target/rejected.js';
import type { Target } from './target/target.js';

/** How often {@link RunHooks.onProgress} is called. */
const progressEveryMs = 200;

/** How long the last run's remaining requests may take to end before the next one begins. */
const settleMs = 10_000;

export interface RunHooks {
  readonly onProgress: (progress: BenchProgress) => void;
  /** Awaited when everything is prepared: the run begins when it resolves. Absent: it begins at once. */
  readonly ready?: () => Promise<void>;
  /** Aborted to stop early. */
  readonly signal: AbortSignal;
}

export interface MeasuredRun {
  readonly run: Run;
  /** Why not all of its samples were written; null if they were, or were not wanted. */
  readonly samplesFailure: string | null;
  /** Which machine did not send its part as planned; null if all did. */
  readonly agentProblem: ChatstreamError | null;
  readonly trend: RunTrend;
  /** A change of the server's max-concurrency by someone else meanwhile; null if there was none, as far as is known. */
  readonly limitChange: LimitChange | null;
}

/** One setting of one server, with what measures it. */
interface RunToMeasure {
  readonly planned: PlannedRun;
  readonly place: RunPlace;
  readonly job: LoadJob;
  readonly target: Target;
  readonly load: LoadGenerator;
  /** What ends it before its time. */
  readonly abortOn: readonly AbortRule[];
}

/**
 * Measures one setting once.
 *
 * @returns null if it was stopped before anything was measured
 * @throws ChatstreamError if the target can no longer be set or reached, or rejects the first requests
 */
export async function measureRun(
  { planned, place, job, target, load, abortOn }: RunToMeasure,
  { onProgress, ready, signal }: RunHooks,
): Promise<MeasuredRun | null> {
  await applySetting(planned, target, signal);
  await load.prepare(job);
  const before = await target.readCounters();
  await ready?.();
  // The load reacts to a stop while it runs, not to an earlier one.
  if (isStopped(signal)) return null;
  const cpuBefore = process.cpuUsage();
  const startUs = microsNow();
  const underWay = { planned, place, job, load, startUs };
  const stopObserving = observeRun(target, planned.setting.max_concurrency);
  const giveUp = new AbortController();
  let abortedOn: string | null = null;
  const report = (): void => {
    onProgress(progressOf(underWay));
    if (commonRejection(load.snapshots()) !== null) giveUp.abort();
    if (abortOn.length > 0) abortedOn ??= abortReason(abortOn, runningRun(underWay));
    if (abortedOn !== null) giveUp.abort();
  };
  report();
  const timer = setInterval(report, progressEveryMs);
  try {
    const parts = await load.start(AbortSignal.any([signal, giveUp.signal]));
    const rejection = commonRejection(load.snapshots()) ?? commonRejection(parts.filter(hasRequests));
    if (rejection !== null) throw rejectedError(target.description.url, rejection);
    const elapsedUs = microsNow() - startUs;
    const cpu = process.cpuUsage(cpuBefore);
    const agents = load.agentsOfRun?.() ?? null;
    const after = before === null ? null : await target.readCounters();
    const counted = before === null || after === null ? null : countedBetween(before, after);
    const { limitChange, ...observations } = stopObserving();
    const run = assembleRun(parts, {
      observations,
      beginUs: startUs + job.warmupMs * 1000,
      planned,
      cpuShare: agents === null ? (cpu.user + cpu.system) / elapsedUs : cpuShareOf(agents),
      ...(agents === null ? {} : { agents }),
      aggregate: counted?.queueWait ?? null,
      promptCache: counted?.promptCache ?? null,
      hasObjectives: job.objectives.length > 0,
      abortedOn,
      ...shapeOf(job),
      tenants: (job.tenants ?? []).map(({ tenant }) => tenant),
    });
    if (isStopped(signal) && run.requests.completed === 0) return null;
    const samplesFailure = parts.find((part) => part.samplesFailure !== null)?.samplesFailure ?? null;
    return {
      run,
      samplesFailure,
      agentProblem: problemOf(agents),
      trend: mergedTrend(parts.map(({ trend }) => trend)),
      limitChange,
    };
  } finally {
    clearInterval(timer);
    stopObserving();
  }
}

function cpuShareOf({ agents }: AgentsOfRun): number {
  return agents.reduce((sum, { cpuShare }) => sum + cpuShare, 0);
}

function problemOf(agents: AgentsOfRun | null): ChatstreamError | null {
  const problems = (agents?.agents ?? []).flatMap((agent) =>
    agent.status === 'finished' ? [] : [`agent ${agent.name} ${agent.problem}`],
  );
  if (problems.length === 0) return null;
  return new ChatstreamError('cluster_unavailable', `The load was not the planned one: ${problems.join('; ')}.`, {
    hint: 'Look at the output of the agents, and measure again.',
  });
}

function shapeOf(job: LoadJob): Pick<RunContext, 'apart' | 'isSteady' | 'filling' | 'stages'> {
  const { shape, leaving, probes } = job;
  const maxInFlight = shape.type === 'open' && shape.maxInFlight !== undefined;
  return {
    apart: { maxInFlight, cancel: leaving !== undefined, probes: probes !== undefined },
    isSteady: isSteady(shape),
    filling: fillingOf(job),
    ...(shape.type === 'open' && shape.stages !== undefined ? { stages: reportedStages(shape.stages) } : {}),
  };
}

function isStopped({ aborted }: AbortSignal): boolean {
  return aborted;
}

/** Why the first requests of all threads were rejected; null if some were not. */
function commonRejection(threads: readonly { readonly rejection: Rejection | null }[]): Rejection | null {
  return threads.every(({ rejection }) => rejection !== null) ? (threads[0]?.rejection ?? null) : null;
}

/** Some threads have nothing to send. */
function hasRequests({ warmup, completed, refused, failed, timedOut }: RunPart): boolean {
  return warmup + completed + refused + failed + timedOut > 0;
}

async function applySetting({ setting }: PlannedRun, { queue }: Target, signal: AbortSignal): Promise<void> {
  if (queue === null || setting.max_concurrency === null) return;
  await queue.setMaxConcurrency(setting.max_concurrency);
  const deadlineUs = microsNow() + settleMs * 1000;
  while ((await queue.busy()) > 0 && microsNow() < deadlineUs && !signal.aborted) await delay(20);
}
