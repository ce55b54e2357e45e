import { setTimeout as delay } from 'node:timers/promises';
import { ChatstreamError } from '../base/errors.js';
import { microsNow } from '../base/micros.js';
import type { Run, Setting } from '../measurement/result-schema.js';
import { abortReason, type RunningRun } from './abort.js';
import type { Rejection } from './client/rejection.js';
import { fillingOf } from './filling.js';
import { needsMore } from './load/extension.js';
import type { LoadGenerator, LoadJob, LoadShape } from './load/load-generator.js';
import { observeRun } from './observe-run.js';
import type { AbortRule } from './plan/abort-rules.js';
import type { PlannedRun } from './plan/settings.js';
import { dueShare, reportedStages } from './plan/stages.js';
import { shareOfTimes } from './plan/trace.js';
import type { AgentsOfRun } from './record/agent-part.js';
import { mergedSnapshot } from './record/merged-snapshot.js';
import type { RunPart } from './record/run-part.js';
import { mergedTrend, type RunTrend } from './record/run-trend.js';
import { assembleRun, type RunContext } from './result/assemble-run.js';
import { queueGrowthOf } from './result/overload.js';
import type { LimitChange } from './target/limit-watch.js';
import { countedBetween } from './target/prometheus.js';
import { rejectedError } from './target/rejected.js';
import type { Target } from './target/target.js';

/** Which run it is. */
export interface RunPlace {
  /** Counted from 1, over all settings, trials and servers; two that are measured at the same time have the same number. */
  readonly run: number;
  /** Null for a search, of which nobody knows how many it takes. */
  readonly runs: number | null;
  /** Which of two servers is measured; null if there is only one. The URL has no query. */
  readonly server: {
    readonly role: 'candidate' | 'baseline';
    readonly url: string;
    /** Whether the other one is measured at the same time. */
    readonly isDuet: boolean;
  } | null;
}

/** The progress of a running bench, for the live display. The figures are those of the current run. */
export interface BenchProgress extends RunPlace {
  readonly setting: Setting;
  readonly trial: number;
  /**
   * `extending`: the duration is over, but there are too few requests. `finishing`: nothing more is sent; the bench waits
   * for the requests in flight.
   */
  readonly status: 'warm-up' | 'measuring' | 'extending' | 'finishing';
  readonly elapsedMs: number;
  /** Warm-up and measurement together, the longest while `extending`; null if the run ends after a number of requests. */
  readonly plannedMs: number | null;
  /** Completed requests for which the run goes on beyond its duration; null if it does not. */
  readonly leastRequests: number | null;
  readonly completed: number;
  /** Requests that were sent during the warm-up, which do not count. */
  readonly warmup: number;
  /** Those of the warm-up included. */
  readonly inFlight: number;
  /** Refused, failed and timed out together. */
  readonly failed: number;
  readonly outputTokensPerSecond: number;
  /** Whether there are any to count: not for embeddings. */
  readonly countsTokens: boolean;
  /** What the percentiles are of, as in the report: whole answers have no first token. */
  readonly latency: 'ttft' | 'ttft_from_schedule' | 'e2e';
  /** Whether the queue of an open loop grows without end, as far as can be told by now: then percentiles say nothing. */
  readonly isGrowing: boolean;
  /** Null as long as there are too few requests for a median, as in the report. */
  readonly p50Ms: number | null;
  /** Whether it is the median of so few requests that the report marks it. */
  readonly isP50Rough: boolean;
  readonly p95Ms: number | null;
}

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
  /** That somebody else changed the server's max-concurrency meanwhile; null if not, as far as is known. */
  readonly limitChange: LimitChange | null;
}

/**
 * Measures one setting once.
 *
 * @returns null if it was stopped before anything was measured
 * @throws ChatstreamError if the target can no longer be set or reached, or rejects the first requests
 */
export async function measureRun(
  planned: PlannedRun,
  place: RunPlace,
  job: LoadJob,
  target: Target,
  load: LoadGenerator,
  { onProgress, ready, signal }: RunHooks,
  abortOn: readonly AbortRule[],
): Promise<MeasuredRun | null> {
  await applySetting(planned, target, signal);
  await load.prepare(job);
  const before = await target.readCounters();
  await ready?.();
  // The load reacts to a stop while it runs, not to an earlier one.
  if (isStopped(signal)) return null;
  const cpuBefore = process.cpuUsage();
  const startUs = microsNow();
  const stopObserving = observeRun(target, planned.setting.max_concurrency);
  const giveUp = new AbortController();
  let abortedOn: string | null = null;
  const report = (): void => {
    onProgress(progressOf(planned, place, job, startUs, load));
    if (commonRejection(load.snapshots()) !== null) giveUp.abort();
    if (abortOn.length > 0) abortedOn ??= abortReason(abortOn, runningRun(job, startUs, load));
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

function runningRun(job: LoadJob, startUs: number, load: LoadGenerator): RunningRun {
  const { warmupMs, durationMs, requests, shape, promises } = job;
  const measuredMs = (microsNow() - startUs) / 1000 - warmupMs;
  const elapsedShare = durationMs === null ? null : Math.min(1, Math.max(0, measuredMs / durationMs));
  const sentShare = sentShareOf(shape, measuredMs, warmupMs, durationMs) ?? elapsedShare;
  const isOpenLoop = shape.type === 'open' && isSteady(shape);
  const filling = fillingOf(job);
  return { snapshots: load.snapshots(), elapsedShare, sentShare, requests, measuredMs, isOpenLoop, filling, promises };
}

/** The share of the window's requests that is due by now; null if it is that of the time. */
function sentShareOf(shape: LoadShape, measuredMs: number, warmupMs: number, durationMs: number | null): number | null {
  if (shape.type === 'closed') return null;
  const { stages, times } = shape;
  if (times !== undefined) return shareOfTimes(times, measuredMs, { warmupMs, durationMs: durationMs ?? Infinity });
  return stages === undefined ? null : dueShare(stages, measuredMs);
}

/** Whether the load stays the same through the whole run, so far as it is planned. */
function isSteady(shape: LoadShape): boolean {
  return shape.type === 'closed' || (shape.stages === undefined && shape.times === undefined);
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

function progressOf(
  { setting, trial }: PlannedRun,
  place: RunPlace,
  job: LoadJob,
  startUs: number,
  load: LoadGenerator,
): BenchProgress {
  const { client, shape, warmupMs, durationMs, extension } = job;
  // The slowest of several threads is shown; the exact figure needs their histograms, which come at the end.
  const { completed, warmup, inFlight, unanswered, servedTokens, trend, ...latency } = mergedSnapshot(load.snapshots());
  const elapsedMs = (microsNow() - startUs) / 1000;
  const measuredMs = elapsedMs - warmupMs;
  const isOver = durationMs !== null && measuredMs > durationMs;
  const isExtending = isOver && extension !== null && measuredMs < extension.longestMs && needsMore(extension);
  const windowMs = isExtending ? extension.longestMs : durationMs;
  return {
    ...place,
    setting,
    trial,
    status: measuredMs < 0 ? 'warm-up' : isExtending ? 'extending' : isOver ? 'finishing' : 'measuring',
    elapsedMs,
    plannedMs: windowMs === null ? null : warmupMs + windowMs,
    leastRequests: extension?.requests ?? null,
    completed,
    warmup,
    inFlight,
    failed: unanswered,
    outputTokensPerSecond: measuredMs > 0 ? servedTokens / (measuredMs / 1000) : 0,
    countsTokens: client.form?.endpoint !== 'embeddings',
    latency: client.form?.streaming === false ? 'e2e' : shape.type === 'open' ? 'ttft_from_schedule' : 'ttft',
    isGrowing: isGrowing(job, trend),
    p50Ms: latency.p50Ms,
    isP50Rough: latency.isP50Rough,
    p95Ms: latency.p95Ms,
  };
}

function isGrowing(job: LoadJob, trend: RunTrend): boolean {
  if (job.shape.type === 'closed' || !isSteady(job.shape)) return false;
  return queueGrowthOf(trend, fillingOf(job)).overload !== null;
}
