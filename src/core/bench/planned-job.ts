import { mixSeeds } from '../base/random.js';
import type { Run } from '../measurement/result-schema.js';
import { isSequential } from '../measurement/workload/conversation-shape.js';
import type { Role } from './duet.js';
import { type Extension, extensionOf } from './load/job/extension.js';
import type { LoadJob } from './load/job/load-job.js';
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
export function plannedJob(
  options: BenchOptions,
  { workload, tenants: preparedTenants, ignoreEos, runningUsage }: Prepared,
  { setting, trial, number, arrivalSeed, side }: Step,
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

/** Of one run; null if it ends as planned. */
export function extensionPlanned({ extension, leastTrials }: BenchOptions): Extension | null {
  return extension === null ? null : extensionOf(extension, leastTrials);
}

/** Undefined if every request stands alone. */
function meanTurnsOf({ conversations }: BenchOptions, workload: WorkloadSpec): number | undefined {
  return isSequential(conversations) ? meanTurns(workload) : undefined;
}
