import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../base/clock.js';
import { longestOf } from '../measurement/workload/lengths.js';
import { inThreadLoad } from './load/in-thread.js';
import { chooseWorkers, expectedEvents } from './load/in-workers.js';
import type { LoadGenerator } from './load/load-generator.js';
import { localLoad } from './load/local-load.js';
import type { BenchOptions } from './plan/options.js';

/** How long a bench waits for agents: long enough to start the last one by hand. */
const agentsWithinMs = 60_000;

/** Where the load is sent from. */
export interface Loads {
  /** Sends to one server after the other, or to the candidate. */
  readonly load: LoadGenerator;
  /**
   * Sends to the baseline, at the same time as to the candidate and from the same thread; null: the servers take turns.
   */
  readonly beside: LoadGenerator | null;
}

/**
 * Prepares to send: from this machine, or from as many others as are wanted, for which it waits.
 *
 * @param onWait called with what it waits for
 * @throws ChatstreamError `cluster_unavailable` if NATS or enough agents are not there; the signal's reason
 */
export async function openLoads(
  options: BenchOptions,
  { signal, onWaitFor }: { readonly signal: AbortSignal; readonly onWaitFor?: ((what: string) => void) | undefined },
): Promise<Loads> {
  const { agents, load, workers, version, duet } = options;
  const events = eventsOf(options);
  if (agents === null) {
    if (duet) return { load: inThreadLoad(), beside: inThreadLoad() };
    const mostInFlight = load.type === 'open' ? load.maxInFlight : undefined;
    return { load: localLoad(workers ?? chooseWorkers(events, mostInFlight)), beside: null };
  }
  // Loaded late: most benches need neither.
  const { connectNats } = await import('../bus/nats-bus.js');
  const { findAgents } = await import('./agents/find-agents.js');
  const { agentsLoad } = await import('./agents/agents-load.js');
  const { messageVersion } = await import('./agents/messages.js');
  const { count, nats } = agents;
  const host = hostname();
  const bus = await connectNats({ ...nats, name: `chatstream bench on ${host}` });
  const session = randomBytes(8).toString('hex');
  const cluster = { bus, clock: systemClock, speaker: { version: messageVersion, tool: version }, session, host };
  try {
    const found = await findAgents(cluster, {
      ...{ count, patienceMs: agentsWithinMs, signal, address: nats.address.shown },
      onFound: (there) => onWaitFor?.(`Waiting for ${count} agents at ${nats.address.shown}: ${there} there …`),
    });
    return { load: agentsLoad(cluster, found, { workers, events }), beside: null };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

export async function closeLoads({ load, beside }: Loads): Promise<void> {
  await load.close();
  await beside?.close();
}

/**
 * How many events per second the load may bring. A search increases its load until something gives way, so no number of
 * threads is too many.
 */
export function eventsOf({ findMax, load, form, outputTokens }: EventsOptions): number {
  if (findMax !== null && findMax.by !== 'max-concurrency') return Number.MAX_SAFE_INTEGER;
  return expectedEvents(load, form, form.endpoint === 'embeddings' ? 1 : longestOf(outputTokens));
}

type EventsOptions = Pick<BenchOptions, 'findMax' | 'load' | 'form' | 'outputTokens'>;
