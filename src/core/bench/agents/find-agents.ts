import { ChatstreamError } from '../../base/errors.js';
import { plural } from '../../measurement/numbers.js';
import { decodeMessage, encodeMessage, type Here, shapes, speakerText, subjects } from './messages.js';
import { type Cluster, RemoteAgent } from './remote-agent.js';

/** How often agents are called. */
const callEveryMs = 500;

/**
 * How often an agent is asked for its state. With many agents, rarely enough that the answers need little of one core.
 */
function askEveryMs(agents: number): number {
  return Math.max(200, agents * 5);
}

export interface AgentSearch {
  readonly count: number;
  /** Longest wait, in milliseconds. */
  readonly patienceMs: number;
  /** Called when the number of agents has changed. */
  readonly onFound: (found: number) => void;
  /** Aborted to stop waiting. */
  readonly signal: AbortSignal;
  /** For messages, such as `nats://host:4222`. */
  readonly address: string;
}

/**
 * Waits until this many agents are free, and takes them for this bench.
 *
 * @throws ChatstreamError `cluster_unavailable` if there are too few in time; the signal's reason if it is aborted
 */
export async function findAgents(cluster: Cluster, search: AgentSearch): Promise<readonly RemoteAgent[]> {
  const { bus, speaker, session, clock } = cluster;
  const heard = new Map<string, Here>();
  const foreign = new Map<string, string>();
  const taken = new Map<string, RemoteAgent>();
  const stopListening = bus.subscribe(subjects.here(session), ({ data }) => {
    const received = decodeMessage(speaker, shapes.here, data);
    if (received?.type === 'message') heard.set(received.value.id, received.value);
    if (received?.type !== 'foreign') return;
    const theirs = decodeMessage(received.speaker, shapes.here, data);
    if (theirs?.type === 'message')
      foreign.set(theirs.value.id, `${theirs.value.name}: ${speakerText(received.speaker)}`);
  });
  const membersOf = (): readonly RemoteAgent[] =>
    [...taken.values()].filter(({ state, lost }) => lost === null && state !== null);
  try {
    let found = -1;
    for (const beganMs = clock.now(); ;) {
      bus.publish(subjects.call, encodeMessage(speaker, { session }));
      await pause(cluster, search.signal);
      const members = membersOf();
      if (members.length !== found) search.onFound((found = members.length));
      if (members.length >= search.count) return members.slice(0, search.count);
      if (clock.now() - beganMs >= search.patienceMs) throw tooFew(search, members.length, heard, foreign);
      takeMore(cluster, search.count, heard, taken);
    }
  } catch (error) {
    for (const agent of taken.values()) agent.close();
    throw error;
  } finally {
    stopListening();
  }
}

/** Asks as many free agents to stay as are missing. Another bench may be quicker. */
function takeMore(cluster: Cluster, count: number, heard: Map<string, Here>, taken: Map<string, RemoteAgent>): void {
  // An agent that worked for another bench may be free by now.
  for (const { id, lost } of [...taken.values()]) if (lost !== null) taken.delete(id);
  const free = [...heard.values()].filter(({ id, isFree }) => isFree && !taken.has(id));
  for (const here of free.slice(0, Math.max(0, count - taken.size))) {
    const agent = new RemoteAgent(cluster, here, askEveryMs(count));
    taken.set(here.id, agent);
    agent.want({ type: 'stay' });
  }
}

function tooFew(
  { count, patienceMs, address }: AgentSearch,
  found: number,
  heard: ReadonlyMap<string, Here>,
  foreign: ReadonlyMap<string, string>,
): ChatstreamError {
  const busy = [...heard.values()].filter(({ isFree }) => !isFree).map(({ name }) => name);
  const others = [
    ...(busy.length === 0 ? [] : [`${busy.join(', ')} worked for another bench`]),
    ...(foreign.size === 0 ? [] : [`other versions cannot take part (${[...foreign.values()].join('; ')})`]),
  ];
  const why = others.length === 0 ? '' : `; ${others.join('; ')}`;
  return new ChatstreamError(
    'cluster_unavailable',
    `Only ${found} of ${plural(count, 'agent')} could be had within ${patienceMs / 1000} s at ${address}${why}.`,
    { hint: `Start more of them: chatstream bench-agent --cluster ${address}` },
  );
}

async function pause({ clock }: Cluster, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      stop();
      reject(signal.reason instanceof Error ? signal.reason : new ChatstreamError('cancelled', 'Stopped.'));
    };
    const stop = clock.schedule(callEveryMs, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}
