import type { Objective } from '../../../measurement/settings/objectives.js';
import type { StreamingClientOptions } from '../../client/streaming-client.js';
import type { Arrival } from '../../plan/options.js';
import { peakRate, type RateStage } from '../../plan/stages.js';
import type { BodyOptions } from '../../workload/request-body.js';
import type { WorkloadSpec } from '../../workload/workload.js';
import type { Extension } from './extension.js';
import type { Leaving } from './leavers.js';
import type { TenantLoad } from './tenant-load.js';

/** What one worker sends in one run, as plain data that can be sent to another thread. */
export interface LoadJob {
  readonly client: StreamingClientOptions;
  readonly workload: WorkloadSpec;
  readonly body: BodyOptions;
  /** The tenants, each with its own client, workload and body instead of those above; absent: there is one. */
  readonly tenants?: readonly TenantLoad[];
  readonly shape: LoadShape;
  /** Which run of the bench, from 0. */
  readonly run: number;
  /** This worker takes the conversations and arrivals whose number is `worker` modulo `workers`. */
  readonly worker: number;
  readonly workers: number;
  readonly warmupMs: number;
  /** Milliseconds after the warm-up in which requests begin; null: until there are `requests`. */
  readonly durationMs: number | null;
  /**
   * Counted requests: in an open loop of single requests those of all workers, otherwise those of this worker; null: as
   * many as fit into the duration.
   */
  readonly requests: number | null;
  /** How a run continues beyond the duration; null: no request begins after it. */
  readonly extension: Extension | null;
  /**
   * Shared with a closed loop of another server at the same time and in the same thread: 1 as soon as either has begun
   * all of its requests, which ends both. Absent: there is none.
   */
  readonly commonEnd?: Int32Array;
  /** For goodput, each is a limit for every single request. */
  readonly objectives: readonly Objective[];
  /** Whose misses are counted over time. */
  readonly trackedObjectives: readonly Objective[];
  readonly samplesPath: string | null;
  /** Which of two servers the samples belong to; absent: there is one. */
  readonly samplesOf?: 'candidate' | 'baseline';
  /** Clients that give up; absent: none do. */
  readonly leaving?: Leaving;
  /** One-token requests beside the load; absent: none. */
  readonly probes?: ProbeJob;
}

/** Requests of one token at a fixed rate beside the load, as plain data. */
export interface ProbeJob {
  /** Per second, by all workers together. */
  readonly rate: number;
  readonly seed: number;
}

export type LoadShape =
  /** This worker's share of the clients. */
  | {
      readonly type: 'closed';
      readonly clients: number;
      /** The number of each client's tenant; absent without tenants. */
      readonly tenants?: readonly number[];
    }
  /** The whole rate, of which this worker sends its share. */
  | {
      readonly type: 'open';
      readonly rate: number;
      readonly arrival: Arrival;
      readonly seed: number;
      /** A rate that changes; `rate` is then its mean. */
      readonly stages?: readonly RateStage[];
      /** Clients of this worker, at least 1. */
      readonly maxInFlight?: number;
      /**
       * Each arrival begins a conversation with so many turns on average, which wait for their answers; the rate is that of
       * all turns together. Absent: each arrival is a request.
       */
      readonly turnsEach?: number;
      /** When requests are due, in seconds from the start; replaces rate and arrival. */
      readonly times?: readonly number[];
    };

/** How many of the clients of a closed loop, or of the requests, one of several workers takes over. */
export function shareOf(total: number, worker: number, workers: number): number {
  return Math.floor(total / workers) + (worker < total % workers ? 1 : 0);
}

/**
 * One worker's part of a job, which may itself be a part: of the numbers that are `worker` modulo `workers`, every
 * `workers`-th again belongs to one part.
 */
export function partOf(job: LoadJob, worker: number, workers: number): LoadJob {
  const { shape } = job;
  const numbers = { worker: job.worker + job.workers * worker, workers: job.workers * workers };
  const own = { ...numbers, ...requestsOf(job, worker, workers) };
  if (shape.type === 'open') return { ...job, ...own, shape: { ...shape, ...limitOf(shape, worker, workers) } };
  const clients = shareOf(shape.clients, worker, workers);
  const tenants = shape.tenants?.filter((_, client) => client % workers === worker);
  return { ...job, ...own, shape: { ...shape, clients, ...(tenants === undefined ? {} : { tenants }) } };
}

/**
 * It is not known in advance which worker gets the further turns of a conversation, or those of the clients of a closed
 * loop. The single requests of an open loop are counted by its schedule.
 */
function requestsOf({ shape, requests }: LoadJob, worker: number, workers: number): Pick<LoadJob, 'requests'> {
  const isScheduled = shape.type === 'open' && shape.turnsEach === undefined;
  return { requests: requests === null || isScheduled ? requests : shareOf(requests, worker, workers) };
}

/** How many connections to open in advance. An open loop may need more; the warm-up opens most of them. */
export function connectionsOf({ shape }: LoadJob): number {
  if (shape.type === 'closed') return shape.clients;
  const { rate, stages, maxInFlight = Infinity } = shape;
  const most = stages === undefined ? rate : peakRate(stages);
  return Math.max(1, Math.min(64, Math.ceil(most), maxInFlight));
}

function limitOf(
  { maxInFlight }: Extract<LoadShape, { type: 'open' }>,
  worker: number,
  workers: number,
): { readonly maxInFlight?: number } {
  return maxInFlight === undefined ? {} : { maxInFlight: Math.max(1, shareOf(maxInFlight, worker, workers)) };
}
