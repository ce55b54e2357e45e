import type { Subscribable } from '../../base/emitter.js';
import type { Executor } from '../../executor/executor.js';
import type { KeyTerms } from '../../scheduler/jobs/demand.js';
import type { TrafficClass } from '../../scheduler/jobs/traffic-class.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import type { InferenceEvent } from '../request.js';
import type { QueueSnapshot } from './queue-snapshot.js';

export type ModelState = 'unloaded' | 'loading' | 'loaded' | 'unloading' | 'failed';

/** The line of one of several models. Durations in milliseconds. */
export interface ModelQueue extends SchedulerLimits {
  readonly name: string;
  readonly state: ModelState;
  /** When it is expected to be loaded, from now; null if it is loaded, or if that is unknown. */
  readonly etaMs: number | null;
  readonly slots: number;
  readonly running: number;
  readonly waiting: number;
  /** Requests that wait for the model, or whose prompts are being prepared. */
  readonly preparing: number;
  /** How often it was loaded since the start, and how often that failed. */
  readonly loads: number;
  readonly failedLoads: number;
  /** Whether requests for this name belong to this line: its own name, or an alias of it. */
  readonly answersTo: (name: string) => boolean;
  /** Like {@link RequestLine.resize}, for this line only. */
  readonly resize: (limits: Partial<SchedulerLimits>) => void;
  /** Like {@link RequestLine.limitsKept}, for this line only. */
  readonly limitsKept?: () => Promise<void>;
}

/** The line of one of several models that share their places with each other. */
export type SharingLine = Pick<ModelQueue, 'name' | 'maxQueue' | 'running' | 'waiting'>;

/**
 * Requests that wait and run, whatever executes them: what routes, metrics, logs and operators need of it. How a request is
 * submitted depends on who executes it: see `Inference` for the engine, and `Relay` for other servers.
 */
export interface RequestLine {
  readonly events: Subscribable<InferenceEvent>;
  /** Emitted when waiting requests may have changed their position. */
  readonly moves: Subscribable<undefined>;
  readonly limits: SchedulerLimits;
  /** Whether a request sent now could be served. */
  readonly ready: boolean;
  /** Why {@link ready} is false, in one word that any client may see. `draining` if the server or all upstreams are drained. */
  readonly readiness: string;
  readonly running: number;
  readonly waiting: number;
  /** Prompt tokens of all waiting requests. */
  readonly queuedTokens: number;
  /** Work that is in neither queue. */
  readonly preparing: number;
  /** Who generates. */
  readonly executors: readonly Executor[];
  /** Where the slots are, if not on this server. */
  readonly slotsAt?: 'upstreams' | 'nodes';
  /** The lines of several models; left out where there is one line. */
  readonly modelQueues?: readonly ModelQueue[];
  /** Where a model has a line as soon as it is asked for: those that there are. */
  readonly sharingLines?: readonly SharingLine[];
  /**
   * Both queues as they are now.
   *
   * @param most how many requests of each queue are listed, the first ones; all by default. The cost is linear in this and in
   *   what runs
   * @param payer lists only the requests of this key, or of this address without a key, at a cost that is linear in all
   *   that wait; null, the default, for all
   */
  snapshot(most?: number, payer?: string | null): QueueSnapshot;
  /**
   * Changes the limits at once; running generations are never interrupted.
   *
   * @throws ChatstreamError `invalid_request` if there are fewer slots than `maxConcurrency`, or if keys and classes reserve
   *   as many; nothing is changed then
   */
  resize(limits: Partial<SchedulerLimits>): void;
  /**
   * Resolves once the limits that were set outlast this process; left out where they end with it. Rejects with
   * `cluster_unavailable` if that takes too long.
   */
  readonly limitsKept?: () => Promise<void>;
  /**
   * Changes what keys may do, by their names, and the places that are held back for classes. Running and waiting requests go
   * on.
   *
   * @throws ChatstreamError `usage` for reserves that cannot be; nothing is changed then
   */
  configureKeys(terms: ReadonlyMap<string, KeyTerms>, classReserves?: ReadonlyMap<TrafficClass, number>): void;
  /** Refuses new requests and turns away waiting ones; resolves when the last running generation has ended. */
  drain(): Promise<void>;
  /** Ends every running generation with `draining`. @returns how many there were */
  abandonRunning(): number;
}
