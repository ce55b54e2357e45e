import type { AgentsOfRun } from '../record/agent-part.js';
import type { RunPart } from '../record/run-part.js';
import type { RunSnapshot } from '../record/run-recorder.js';
import type { LoadJob } from './job/load-job.js';

/**
 * Sends load: from this thread, from several others, or from other machines.
 *
 * ```text
 * LoadGenerator ─▶ closed or open loop ─▶ StreamingClient ─▶ RequestOutcome ─▶ RunRecorder ─▶ RunPart
 *   per worker      when to send           one request                         histograms      to assembleRun
 * ```
 */
export interface LoadGenerator {
  /**
   * Opens the connections in advance, so that the run itself consists only of requests. Call {@link start} next.
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
  /** The state of each worker now. */
  snapshots(): readonly RunSnapshot[];
  /** What each machine did in the last run; absent if this one sends alone. */
  agentsOfRun?(): AgentsOfRun | null;
  close(): Promise<void>;
}
