import type { RunPart } from '../record/run-part.js';
import type { RunSnapshot } from '../record/run-recorder.js';
import type { LoadJob } from './load-job.js';

/** Something that sends load: this thread, or several others. */
export interface LoadGenerator {
  /**
   * Opens the connections, so that nothing but requests happens afterwards. Call {@link start} next.
   *
   * @param job what all workers send together
   */
  prepare(job: LoadJob): Promise<void>;
  /**
   * Sends the load that was prepared.
   *
   * @param signal aborted to stop early
   * @returns what each worker measured
   */
  start(signal: AbortSignal): Promise<readonly RunPart[]>;
  /** How it looks now. */
  snapshots(): readonly RunSnapshot[];
  close(): Promise<void>;
}

/** How many clients of a closed loop, or requests, one worker of several takes over. */
export function shareOf(total: number, worker: number, workers: number): number {
  return Math.floor(total / workers) + (worker < total % workers ? 1 : 0);
}

/** One worker's part of a job. */
export function partOf(job: LoadJob, worker: number, workers: number): LoadJob {
  const shape =
    job.shape.type === 'closed' ? { ...job.shape, clients: shareOf(job.shape.clients, worker, workers) } : job.shape;
  const requests = job.requests === null ? null : shareOf(job.requests, worker, workers);
  return { ...job, shape, requests, worker, workers };
}

/** How many connections to have ready. In an open loop more may become necessary; the warm-up opens most of them. */
export function connectionsOf({ shape }: LoadJob): number {
  return shape.type === 'closed' ? shape.clients : Math.max(1, Math.min(64, Math.ceil(shape.rate)));
}
