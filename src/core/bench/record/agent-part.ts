import { ChatstreamError } from '../../base/errors.js';
import type { RunPart } from './run-part.js';

/** What one of several machines did in a run. */
export type AgentPart = {
  readonly name: string;
  /** The latest time at which it may have begun, in milliseconds after the start was released; null if unknown. */
  readonly startedAfterMs: number | null;
  /** CPU time over the run, as a share of one core; 0 if it is not known. */
  readonly cpuShare: number;
  /** One for each of its threads; none for a lost agent. */
  readonly parts: readonly RunPart[];
} & (
  | { readonly status: 'finished' }
  /** `late`: it may have begun after the others. `lost`: its part of the load was not sent, or is unknown. */
  | { readonly status: 'late' | 'lost'; readonly problem: string }
);

/** How a run went on several machines. */
export interface AgentsOfRun {
  /** The largest possible difference between their starts, in milliseconds; null if unknown. */
  readonly startSpreadMs: number | null;
  readonly agents: readonly AgentPart[];
}

/** CPU time of all of them over the run, as a share of one core. */
export function cpuShareOf({ agents }: AgentsOfRun): number {
  return agents.reduce((sum, { cpuShare }) => sum + cpuShare, 0);
}

/** What kept some of them from sending the planned load; null if nothing did. */
export function agentProblem({ agents }: AgentsOfRun): ChatstreamError | null {
  const problems = agents.flatMap((agent) =>
    agent.status === 'finished' ? [] : [`agent ${agent.name} ${agent.problem}`],
  );
  if (problems.length === 0) return null;
  return new ChatstreamError('cluster_unavailable', `The load was not the planned one: ${problems.join('; ')}.`, {
    hint: 'Look at the output of the agents, and measure again.',
  });
}
