import type { StreamingClientOptions } from '../client/streaming-client.js';
import type { Arrival } from '../plan/options.js';
import type { Objective } from '../../measurement/objectives.js';
import type { BodyOptions } from '../workload/request-body.js';
import type { WorkloadSpec } from '../workload/workload.js';

/** What one worker sends in one run: plain data, so that it can go to another thread. */
export interface LoadJob {
  readonly client: StreamingClientOptions;
  readonly workload: WorkloadSpec;
  readonly body: BodyOptions;
  readonly shape: LoadShape;
  /** Which run of the bench, from 0. */
  readonly run: number;
  /** This worker takes the conversations and arrivals whose number is `worker` modulo `workers`. */
  readonly worker: number;
  readonly workers: number;
  readonly warmupMs: number;
  /** Milliseconds after the warm-up in which requests are begun; null: until there are `requests`. */
  readonly durationMs: number | null;
  /** Counted requests of this worker; null: as many as fit into the duration. */
  readonly requests: number | null;
  /** For goodput each of them is a limit for the single request. */
  readonly objectives: readonly Objective[];
  readonly samplesPath: string | null;
}

export type LoadShape =
  /** This worker's share of the clients. */
  | { readonly type: 'closed'; readonly clients: number }
  /** The whole rate, of which this worker sends its share. */
  | { readonly type: 'open'; readonly rate: number; readonly arrival: Arrival; readonly seed: number };
