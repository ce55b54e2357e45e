import type { RunPart } from './run-part.js';

/** What one of several machines did in a run. */
export type AgentPart = {
  readonly name: string;
  /** At most how long after the start was released it began, in milliseconds; null if that is not known. */
  readonly startedAfterMs: number | null;
  /** CPU time over the run, as a share of one core; 0 if it is not known. */
  readonly cpuShare: number;
  /** One for each of its threads; none of an agent that was lost. */
  readonly parts: readonly RunPart[];
} & (
  | { readonly status: 'finished' }
  /** `late`: it may have begun after the others. `lost`: its part of the load was not sent, or is not known. */
  | { readonly status: 'late' | 'lost'; readonly problem: string }
);

/** How a run went on several machines. */
export interface AgentsOfRun {
  /** At most how far apart they began, in milliseconds; null if that is not known. */
  readonly startSpreadMs: number | null;
  readonly agents: readonly AgentPart[];
}
