import { mixSeeds } from '../base/random.js';
import type { Run } from '../measurement/result-schema.js';
import { isSequential } from '../measurement/workload/conversation-shape.js';
import type { Role } from './duet.js';
import { type Extension, extensionOf } from './load/job/extension.js';
import type { LoadJob, LoadShape } from './load/job/load-job.js';
import { meanRequests } from './load/job/tenant-load.js';
import type { LoadGenerator } from './load/load-generator.js';
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
  /** The tenants; empty if there is only one sender. */
  readonly tenants: readonly PreparedTenant[];
  readonly promptsName: string | null;
  readonly ignoreEos: boolean;
  readonly runningUsage: boolean;
  /** What the user should know about the requests. */
  readonly warnings: readonly string[];
}

/** One setting of one server in one trial. */
export interface Step extends PlannedRun {
  readonly side: {
    readonly server: Role;
    readonly target: Target;
    readonly load: LoadGenerator;
    readonly results: Run[];
  };
  /** From 0; the same for both servers, which get the same prompts. */
  readonly number: number;
  /** Decides when requests are due, instead of the trial. */
  readonly arrivalSeed?: number;
}

/** What one step asks of the load generator. */
export function plannedJob(options: BenchOptions, prepared: Prepared, step: Step): LoadJob {
  const { workload } = prepared;
  const { number, side } = step;
  const { seed } = options;
  const client = clientOf(options, side.target);
  const body = bodyOf(options, prepared, side.target);
  const tenants = tenantLoads(prepared.tenants, { client, body });
  const hasTenants = tenants.length > 0;
  const turnsEach = hasTenants ? meanRequests(tenants) : meanTurnsOf(options, workload);
  return {
    client,
    workload,
    body,
    ...(hasTenants ? { tenants } : {}),
    shape: shapeOf(options, step, turnsEach),
    run: number,
    worker: 0,
    workers: 1,
    warmupMs: options.warmupMs,
    durationMs: options.durationMs,
    requests: options.requests,
    extension: extensionPlanned(options),
    objectives: options.objectives,
    // Those of a search come first: it knows them by their positions.
    trackedObjectives: [...(options.findMax?.objectives ?? []), ...options.objectives],
    samplesPath: options.samplesPath,
    ...(options.versus === null ? {} : { samplesOf: side.server }),
    ...(options.cancel === null ? {} : { leaving: { ...options.cancel, seed } }),
    ...(options.probeRate === null ? {} : { probes: { rate: options.probeRate, seed } }),
  };
}

function clientOf({ timeoutMs, form }: BenchOptions, target: Target): LoadJob['client'] {
  const { requestsUrl: url, headers, transport } = target;
  return { url, headers, timeoutMs, transport, form };
}

function bodyOf(options: BenchOptions, { ignoreEos, runningUsage }: Prepared, target: Target): LoadJob['body'] {
  return {
    form: options.form,
    model: target.description.model,
    ignoreEos,
    runningUsage,
    omitted: options.omittedParams,
    extraBody: options.extraBody,
  };
}

/** @param turnsEach how many requests an arrival brings on average; undefined: one */
function shapeOf(options: BenchOptions, step: Step, turnsEach: number | undefined): LoadShape {
  const { load, seed, tenants, trace } = options;
  const { setting, trial, arrivalSeed } = step;
  if (load.type === 'closed' || setting.rate === null) {
    const clients = setting.concurrency ?? 1;
    const ofTenants = { tenants: tenantOfClients(tenants.map(partOfLoad), clients) };
    return { type: 'closed', clients, ...(tenants.length > 0 ? ofTenants : {}) };
  }
  return {
    type: 'open',
    rate: setting.rate,
    arrival: load.arrival,
    // The same moments for every setting of a trial, so that settings are compared under the same load.
    seed: arrivalSeed ?? mixSeeds(seed, trial),
    ...(load.stages === undefined ? {} : { stages: load.stages }),
    ...(load.maxInFlight === undefined ? {} : { maxInFlight: load.maxInFlight }),
    ...(turnsEach === undefined ? {} : { turnsEach }),
    ...(trace === null ? {} : { times: timesOf(trace) }),
  };
}

/** Of one run; null if it ends as planned. */
export function extensionPlanned({ extension, leastTrials }: BenchOptions): Extension | null {
  return extension === null ? null : extensionOf(extension, leastTrials);
}

/** Undefined if every request stands alone. */
function meanTurnsOf({ conversations }: BenchOptions, workload: WorkloadSpec): number | undefined {
  return isSequential(conversations) ? meanTurns(workload) : undefined;
}
