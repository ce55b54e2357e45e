import type { ChatstreamError } from '../../base/errors.js';
import { microsNow } from '../../base/micros.js';
import type { Run } from '../../measurement/result-schema.js';
import type { LoadJob } from '../load/job/load-job.js';
import type { LoadGenerator } from '../load/load-generator.js';
import type { AbortRule } from '../plan/abort-rules.js';
import type { PlannedRun } from '../plan/settings.js';
import { agentProblem, cpuShareOf } from '../record/agent-part.js';
import { mergedTrend, type RunTrend } from '../record/run-trend.js';
import { assembleRun } from '../result/assemble-run.js';
import type { LimitChange } from '../target/limit-watch.js';
import { countedBetween, type CountedInRun, type ServerCounters } from '../target/prometheus.js';
import type { Target } from '../target/target.js';
import { applySetting } from './apply-setting.js';
import { observeRun } from './observe-run.js';
import { plannedFacts } from './planned-facts.js';
import type { BenchProgress, RunPlace } from './progress.js';
import { checkAccepted } from './rejections.js';
import { watchRun } from './watch-run.js';

export interface RunHooks {
  /** Called several times per second with the progress of the current run. */
  readonly onProgress: (progress: BenchProgress) => void;
  /** Awaited when everything is prepared: the run begins when it resolves. Absent: it begins at once. */
  readonly ready?: () => Promise<void>;
  /** Aborted to stop early. */
  readonly signal: AbortSignal;
}

export interface MeasuredRun {
  readonly run: Run;
  /** Why not all of its samples were written; null if they were, or were not requested. */
  readonly samplesFailure: string | null;
  /** Which machine did not send its part as planned; null if all did. */
  readonly agentProblem: ChatstreamError | null;
  readonly trend: RunTrend;
  /**
   * A change of the server's max-concurrency by someone else during the run; null if there was none, as far as is
   * known.
   */
  readonly limitChange: LimitChange | null;
}

/** One setting of one server, and what is needed to measure it. */
interface RunToMeasure {
  readonly planned: PlannedRun;
  readonly place: RunPlace;
  readonly job: LoadJob;
  readonly target: Target;
  readonly load: LoadGenerator;
  /** Rules that end it before its time. */
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
  await applySetting(planned.setting, target, signal);
  await load.prepare(job);
  const before = await target.readCounters();
  await ready?.();
  // The load reacts to a stop during the run, not to an earlier one.
  if (isStopped(signal)) return null;
  const cpuBefore = process.cpuUsage();
  const startUs = microsNow();
  const stopObserving = observeRun(target, planned.setting.max_concurrency);
  const watch = watchRun({ planned, place, job, load, startUs }, abortOn, onProgress);
  try {
    const parts = await load.start(AbortSignal.any([signal, watch.gaveUp]));
    checkAccepted(target.description.url, load.snapshots(), parts);
    const elapsedUs = microsNow() - startUs;
    const cpu = process.cpuUsage(cpuBefore);
    const agents = load.agentsOfRun?.() ?? null;
    const counted = await countedSince(before, target);
    const { limitChange, ...observations } = stopObserving();
    const run = assembleRun(parts, {
      planned,
      ...plannedFacts(job, elapsedUs / 1000),
      beginUs: startUs + job.warmupMs * 1000,
      cpuShare: agents === null ? (cpu.user + cpu.system) / elapsedUs : cpuShareOf(agents),
      ...(agents === null ? {} : { agents }),
      aggregate: counted.queueWait,
      promptCache: counted.promptCache,
      observations,
      abortedOn: watch.abortedOn,
    });
    if (isStopped(signal) && run.requests.completed === 0) return null;
    return {
      run,
      samplesFailure: parts.find((part) => part.samplesFailure !== null)?.samplesFailure ?? null,
      agentProblem: agents === null ? null : agentProblem(agents),
      trend: mergedTrend(parts.map(({ trend }) => trend)),
      limitChange,
    };
  } finally {
    watch.stop();
    stopObserving();
  }
}

function isStopped({ aborted }: AbortSignal): boolean {
  return aborted;
}

async function countedSince(before: ServerCounters | null, target: Target): Promise<CountedInRun> {
  const after = before === null ? null : await target.readCounters();
  return before === null || after === null ? { queueWait: null, promptCache: null } : countedBetween(before, after);
}
