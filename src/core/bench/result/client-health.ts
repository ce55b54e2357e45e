import { LatencyHistogram } from '../../measurement/latency/histogram.js';
import { metricOf } from '../../measurement/latency/metric.js';
import type { ClientHealth, Run, RunMetrics, Saturation } from '../../measurement/result-schema.js';
import { ClientDelay } from '../../measurement/validity/client-delay.js';
import { ownWait, saturationOf } from '../../measurement/validity/saturation.js';
import type { AgentPart, AgentsOfRun } from '../record/agent-part.js';
import type { RunPart } from '../record/run-part.js';
import { heldBackIn } from './load-shape-figures.js';

/** How well the load was produced and measured. @param cpuShare of one core, by all workers together */
export function clientHealth(
  parts: readonly RunPart[],
  metrics: Pick<RunMetrics, 'client_wait' | 'ttft' | 'e2e'>,
  cpuShare: number,
  heldBack: Run['held_back'],
): ClientHealth {
  const delays = LatencyHistogram.merged(parts.map(({ loopDelay }) => loopDelay));
  const delay = ClientDelay.ofHistogram(delays);
  const share = cpuShare / Math.max(1, parts.length);
  const { client_wait: clientWait, ttft, e2e } = metrics;
  const saturation = saturationOf({ cpuShare: share, delay, clientWait: ownWait(clientWait, heldBack), ttft, e2e });
  return {
    event_loop_delay_ms: {
      p50: delays.quantileMs(50) ?? 0,
      p99: delays.quantileMs(99) ?? 0,
      max: delays.maxMs ?? 0,
      mean: Math.round(delay.meanMs * 1000) / 1000,
    },
    event_loop_delay_histogram: delays.encode(),
    cpu_share: share,
    workers: parts.length,
    saturated: saturation.length > 0,
    saturation: [...saturation],
  };
}

/**
 * The same for several machines: each is judged separately, because one may be too slow while the others have time
 * left.
 */
export function withAgents(health: ClientHealth, agents: Run['agents']): ClientHealth {
  if (agents === undefined) return health;
  const found = new Set<Saturation>(agents.members.flatMap(({ saturation }) => saturation));
  return { ...health, saturated: found.size > 0, saturation: [...found] };
}

/** What each machine did, as results hold it. */
export function agentsIn({ startSpreadMs, agents }: AgentsOfRun): NonNullable<Run['agents']> {
  return {
    start_spread_ms: startSpreadMs === null ? null : inMs(startSpreadMs),
    members: agents.map(memberOf),
  };
}

function memberOf(agent: AgentPart): NonNullable<Run['agents']>['members'][number] {
  const { name, status, startedAfterMs, cpuShare, parts } = agent;
  const merged = (metric: 'client_wait' | 'ttft' | 'e2e'): ReturnType<typeof metricOf> =>
    metricOf(LatencyHistogram.merged(parts.map(({ histograms }) => histograms[metric])));
  const completed = parts.reduce((sum, part) => sum + part.completed, 0);
  const metrics = { client_wait: merged('client_wait'), ttft: merged('ttft'), e2e: merged('e2e') };
  const { event_loop_delay_ms, cpu_share, saturation } = clientHealth(
    parts,
    metrics,
    cpuShare,
    heldBackIn(parts, completed),
  );
  return {
    name,
    status,
    ...('problem' in agent ? { problem: agent.problem } : {}),
    started_after_ms: startedAfterMs === null ? null : inMs(startedAfterMs),
    workers: parts.length,
    completed,
    cpu_share,
    event_loop_delay_ms,
    saturation: saturation ?? [],
  };
}

/** To the microsecond. */
function inMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
