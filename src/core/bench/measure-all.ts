import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import { microsNow } from '../base/micros.js';
import { mixSeeds } from '../base/random.js';
import { isSequential } from '../measurement/conversation-shape.js';
import { stoppedByUser } from '../measurement/ended-early.js';
import { plural } from '../measurement/numbers.js';
import type { EndedEarly, Run, Setting } from '../measurement/result-schema.js';
import { extensionOf } from './load/extension.js';
import type { LoadGenerator, LoadJob } from './load/load-generator.js';
import { meanRequests } from './load/tenant-load.js';
import { type MeasuredRun, measureRun, type RunHooks, type RunPlace } from './measure-run.js';
import { candidateFirst } from './plan/interleaving.js';
import type { BenchOptions } from './plan/options.js';
import type { PlannedRun } from './plan/settings.js';
import { partOfLoad, tenantOfClients } from './plan/tenants.js';
import { timesOf } from './plan/trace.js';
import type { Target } from './target/target.js';
import { type PreparedTenant, tenantLoads } from './tenant-loads.js';
import { meanTurns, type WorkloadSpec } from './workload/workload.js';

/** What has to be known before the first run. */
export interface Prepared {
  readonly workload: WorkloadSpec;
  /** Those who send; empty if there is one. */
  readonly tenants: readonly PreparedTenant[];
  readonly promptsName: string | null;
  readonly ignoreEos: boolean;
  readonly runningUsage: boolean;
  /** What the user should know about the requests. */
  readonly warnings: readonly string[];
}

export interface TrialHooks extends RunHooks {
  /** Called with the result of each run, in the order of measurement. */
  readonly onRun: (run: Run, place: RunPlace) => void;
  /** Asked after each trial, beginning with the least that are wanted, whether what is measured is enough. */
  readonly isEnough: (measured: Pick<Measured, 'runs' | 'versusRuns'>) => boolean;
}

/** What was measured of both servers, and how it ended. */
export interface Measured {
  readonly runs: Run[];
  readonly versusRuns: Run[];
  /** What ended it early, if that was an error. */
  failure: ChatstreamError | null;
  endedEarly: EndedEarly | null;
  samplesFailure: ChatstreamError | null;
}

/** Everything that one run after the other needs. */
export interface Measurement {
  readonly options: BenchOptions;
  readonly prepared: Prepared;
  readonly settings: readonly Setting[];
  readonly target: Target;
  readonly versus: Target | null;
  readonly load: LoadGenerator;
}

/**
 * Trial after trial, until all are measured, or, beginning with the least that are wanted, until they are enough. What
 * ends it early after the first run does not lose what was measured.
 *
 * @throws ChatstreamError what made the first run fail
 */
export async function measureAll(measurement: Measurement, hooks: TrialHooks): Promise<Measured> {
  const { trials, leastTrials, maxDurationMs } = measurement.options;
  const measured: Measured = { runs: [], versusRuns: [], failure: null, endedEarly: null, samplesFailure: null };
  const beganUs = microsNow();
  for (let trial = 1; trial <= trials; trial += 1) {
    if (maxDurationMs !== null && microsNow() - beganUs >= maxDurationMs * 1000) {
      if (trial <= leastTrials) {
        const message = `--max-duration was reached after ${plural(trial - 1, 'trial')}.`;
        measured.endedEarly = { cause: 'stopped', server: null, message };
      }
      return measured;
    }
    await measureTrial(measurement, trial, measured, hooks);
    if (measured.endedEarly !== null) return measured;
    if (trial >= leastTrials && trial < trials && hooks.isEnough(measured)) return measured;
  }
  return measured;
}

/** Every setting once; with two servers alternately, so that drift affects both alike. */
async function measureTrial(
  measurement: Measurement,
  trial: number,
  measured: Measured,
  hooks: TrialHooks,
): Promise<void> {
  const { options, settings, target, versus } = measurement;
  const candidate = { server: 'candidate', target, results: measured.runs } as const;
  const baseline =
    versus === null ? [] : [{ server: 'baseline', target: versus, results: measured.versusRuns } as const];
  const sides = candidateFirst(trial) ? [candidate, ...baseline] : [...baseline, candidate];
  const runs = settings.length * sides.length * options.trials;
  for (const [index, setting] of settings.entries()) {
    for (const side of sides) {
      const step = { setting, trial, side, number: (trial - 1) * settings.length + index };
      const server = versus === null ? null : { role: side.server, url: side.target.description.url };
      const place = { run: measured.runs.length + measured.versusRuns.length + 1, runs, server };
      await measureStep(measurement, step, place, measured, hooks);
      if (measured.endedEarly !== null) return;
    }
  }
}

/** One setting of one server in one trial. */
export interface Step extends PlannedRun {
  readonly side: { readonly server: 'candidate' | 'baseline'; readonly target: Target; readonly results: Run[] };
  /** From 0; the same on both sides, which get the same prompts. */
  readonly number: number;
  /** Decides when requests are due, instead of the trial. */
  readonly arrivalSeed?: number;
}

export async function measureStep(
  { options, prepared, load }: Measurement,
  step: Step,
  place: RunPlace,
  measured: Measured,
  hooks: TrialHooks,
): Promise<MeasuredRun | null> {
  const { server, target, results } = step.side;
  try {
    const isStopped = hooks.signal.aborted;
    const job = jobOf(options, prepared, step, target);
    const finished = isStopped ? null : await measureRun(step, place, job, target, load, hooks, options.abortOn);
    if (finished === null) {
      measured.endedEarly = stoppedByUser;
      return null;
    }
    results.push(finished.run);
    if (finished.samplesFailure !== null) {
      measured.samplesFailure ??= incompleteSamples(options, finished.samplesFailure);
    }
    hooks.onRun(finished.run, place);
    if (hooks.signal.aborted) measured.endedEarly = stoppedByUser;
    else if (finished.agentProblem !== null) {
      measured.failure = finished.agentProblem;
      measured.endedEarly = { cause: 'failed', server: null, message: finished.agentProblem.message };
    } else await checkStillThere(finished.run, target);
    return finished;
  } catch (error) {
    if (measured.runs.length === 0) throw error;
    measured.failure = asChatstreamError(error);
    const { code, message } = measured.failure;
    measured.endedEarly = { cause: code === 'target_unreachable' ? 'target-lost' : 'failed', server, message };
    return null;
  }
}

/** @throws ChatstreamError `target_unreachable` if connections failed during the run, and the server does not answer */
async function checkStillThere({ requests }: Run, target: Target): Promise<void> {
  const hasLost = Object.keys(requests.errors).some((code) => /^(?:connection|host|socket)_/.test(code));
  const reason = hasLost ? await target.whyGone() : null;
  if (reason !== null) {
    throw new ChatstreamError('target_unreachable', `${target.description.url} was lost during the measurement.`, {
      hint: `${reason} Its log may say more.`,
    });
  }
}

function jobOf(
  options: BenchOptions,
  { workload, tenants: preparedTenants, ignoreEos, runningUsage }: Prepared,
  { setting, trial, number, arrivalSeed }: Step,
  target: Target,
): LoadJob {
  const { load, seed } = options;
  const client = {
    url: target.requestsUrl,
    headers: target.headers,
    timeoutMs: options.timeoutMs,
    transport: target.transport,
    form: options.form,
  };
  const body = {
    form: options.form,
    model: target.description.model,
    ignoreEos,
    runningUsage,
    omitted: options.omittedParams,
    extraBody: options.extraBody,
  };
  const tenants = tenantLoads(preparedTenants, { client, body });
  const clients = setting.concurrency ?? 1;
  const hasTenants = tenants.length > 0;
  const turnsEach = hasTenants ? meanRequests(tenants) : meanTurnsOf(options, workload);
  return {
    client,
    workload,
    body,
    ...(hasTenants ? { tenants } : {}),
    shape:
      load.type === 'closed' || setting.rate === null
        ? {
            type: 'closed',
            clients,
            ...(hasTenants ? { tenants: tenantOfClients(options.tenants.map(partOfLoad), clients) } : {}),
          }
        : // The same moments for every setting of a trial, so that settings are compared under the same load.
          {
            type: 'open',
            rate: setting.rate,
            arrival: load.arrival,
            seed: arrivalSeed ?? mixSeeds(seed, trial),
            ...(load.stages === undefined ? {} : { stages: load.stages }),
            ...(load.maxInFlight === undefined ? {} : { maxInFlight: load.maxInFlight }),
            ...(turnsEach === undefined ? {} : { turnsEach }),
            ...(options.trace === null ? {} : { times: timesOf(options.trace) }),
          },
    run: number,
    worker: 0,
    workers: 1,
    warmupMs: options.warmupMs,
    durationMs: options.durationMs,
    requests: options.requests,
    extension: options.extension === null ? null : extensionOf(options.extension, options.leastTrials),
    objectives: options.objectives,
    promises: options.findMax?.promises ?? options.objectives,
    samplesPath: options.samplesPath,
    ...(options.cancel === null ? {} : { leaving: { ...options.cancel, seed } }),
    ...(options.probeRate === null ? {} : { probes: { rate: options.probeRate, seed } }),
  };
}

/** Undefined if every request stands alone. */
function meanTurnsOf({ conversations }: BenchOptions, workload: WorkloadSpec): number | undefined {
  return isSequential(conversations) ? meanTurns(workload) : undefined;
}

function incompleteSamples({ samplesPath }: BenchOptions, reason: string): ChatstreamError {
  const message = `Not all samples could be written to ${samplesPath ?? 'their file'}: ${reason}.`;
  return new ChatstreamError('output_failed', message, {
    hint: 'The measurement is not affected. Make room there, or give --samples another path, and measure again.',
  });
}
