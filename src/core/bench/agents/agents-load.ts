import { ChatstreamError } from '../../base/errors.js';
import { microsNow } from '../../base/micros.js';
import { setEnded } from '../load/job/extension.js';
import { type LoadJob, partOf, shareOf } from '../load/job/load-job.js';
import type { LoadGenerator } from '../load/load-generator.js';
import type { AgentPart, AgentsOfRun } from '../record/agent-part.js';
import { mergedSnapshot } from '../record/merged-snapshot.js';
import type { RunPart } from '../record/run-part.js';
import { BlobSource, fetchBlob } from './blobs.js';
import { decodeParts, encodeJob } from './job-code.js';
import { type AgentState, type BlobRef, decodeMessage, shapes, subjects } from './messages.js';
import type { Cluster, RemoteAgent } from './remote-agent.js';
import { startSpreadMs } from './start-time.js';

/** An agent is late if it may have begun later than this after the start was released. */
const latestStartMs = 1000;

/** An agent that stood still for longer than this, like a suspended machine, lags behind the others. */
const longestStopMs = 2000;

/** How the load is spread. */
export interface AgentsLoadOptions {
  /** Threads of each agent; null: as many as its load needs. */
  readonly workers: number | null;
  /** Events per second that the whole load is expected to bring. */
  readonly events: number;
}

/** Sends from other machines, each with its share of the clients or arrivals. */
export function agentsLoad(
  cluster: Cluster,
  agents: readonly RemoteAgent[],
  options: AgentsLoadOptions,
): LoadGenerator {
  return new AgentsLoad(cluster, agents, options);
}

class AgentsLoad implements LoadGenerator {
  readonly #cluster: Cluster;
  readonly #agents: readonly RemoteAgent[];
  readonly #options: AgentsLoadOptions;
  readonly #source: BlobSource;
  readonly #stopListening: () => void;
  /** By their text, so that a text that stays the same is fetched once. */
  readonly #offered = new Map<string, BlobRef>();
  #job: LoadJob | null = null;
  #own: readonly BlobRef[] = [];
  #run = 0;
  #agentsOfRun: AgentsOfRun | null = null;

  constructor(cluster: Cluster, agents: readonly RemoteAgent[], options: AgentsLoadOptions) {
    const { bus, speaker, session } = cluster;
    this.#cluster = cluster;
    this.#agents = agents;
    this.#options = options;
    this.#source = new BlobSource(bus, subjects.load(session), speaker);
    this.#stopListening = bus.subscribe(subjects.left(session), ({ data }) => {
      const left = decodeMessage(speaker, shapes.left, data);
      if (left?.type === 'message') agents.find(({ id }) => id === left.value.id)?.lose('was stopped');
    });
  }

  /** @throws ChatstreamError the error of the first agent that cannot take part */
  async prepare(job: LoadJob): Promise<void> {
    this.#run += 1;
    this.#job = job;
    this.#agentsOfRun = null;
    for (const ref of this.#own) this.#source.forget(ref);
    const count = this.#agents.length;
    const { workers, events } = this.#options;
    this.#own = this.#agents.map((agent, index) => {
      const { common, own } = encodeJob(jobOfAgent(job, index, count));
      const ownRef = this.#source.offer(own);
      agent.want({
        ...{ type: 'prepare', run: this.#run, common: this.#offerOnce(common), own: ownRef, workers },
        ...{ events: events / count, place: `agent ${index + 1} of ${count}` },
      });
      return ownRef;
    });
    await Promise.all(this.#agents.map((agent) => agent.until((state) => this.#isAt(state, ['prepared', 'failed']))));
    for (const agent of this.#agents) {
      const { name, lost, state } = agent;
      if (lost !== null) throw lostError(name, lost);
      if (state?.type === 'failed') throw failedError(name, state);
    }
  }

  async start(signal: AbortSignal): Promise<readonly RunPart[]> {
    const run = this.#run;
    const startUs = microsNow();
    const abort = (): void => {
      for (const agent of this.#agents) agent.want({ type: 'abort', run });
    };
    for (const agent of this.#agents) agent.want({ type: 'run', run });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      const parts = await Promise.all(this.#agents.map((agent) => this.#partOf(agent, startUs, abort)));
      this.#agentsOfRun = { startSpreadMs: startSpreadMs(this.#agents.map(({ start }) => start)), agents: parts };
      const all = parts.flatMap((part) => part.parts);
      if (all.length > 0) return all;
      signal.throwIfAborted();
      const [first] = parts.flatMap((part) => (part.status === 'lost' ? [part] : []));
      throw lostError(first?.name ?? '', first?.problem ?? 'is gone');
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  snapshots(): ReturnType<LoadGenerator['snapshots']> {
    const all = this.#agents.flatMap(({ snapshot }) => snapshot ?? []);
    const extension = this.#job?.extension ?? null;
    // Each agent decides for itself how much longer it continues; here it is only shown.
    if (extension !== null) setEnded(extension, mergedSnapshot(all));
    return all;
  }

  agentsOfRun(): AgentsOfRun | null {
    return this.#agentsOfRun;
  }

  async close(): Promise<void> {
    this.#stopListening();
    for (const agent of this.#agents) agent.close();
    this.#source.close();
    await this.#cluster.bus.close();
  }

  /** The measurements of one agent. If there are none, or not for the planned load, the others need not continue. */
  async #partOf(agent: RemoteAgent, startUs: number, abort: () => void): Promise<AgentPart> {
    await agent.until((state) => this.#isAt(state, ['done', 'failed']));
    const { name, state, lost } = agent;
    const startedAfterMs = agent.start?.toMs ?? null;
    const nothing = { name, startedAfterMs, cpuShare: 0, parts: [] } as const;
    if (lost !== null || state?.type !== 'done') {
      abort();
      return { ...nothing, status: 'lost', problem: lost ?? (state?.type === 'failed' ? state.message : 'is gone') };
    }
    const { cpuShare } = state;
    try {
      const text = await fetchBlob(this.#cluster, agent.resultSubject, state.parts, () => agent.lost === null);
      const common = { name, startedAfterMs, cpuShare, parts: decodeParts(text, startUs) };
      const problem = delayIn(common);
      return problem === null ? { ...common, status: 'finished' } : { ...common, status: 'late', problem };
    } catch (error) {
      // The agent has measured, but its result does not arrive.
      const problem = agent.lost ?? `has not handed over its result: ${String(error)}`;
      agent.lose(problem);
      return { ...nothing, cpuShare, status: 'lost', problem };
    }
  }

  #isAt(state: AgentState, wanted: readonly AgentState['type'][]): boolean {
    return 'run' in state && state.run === this.#run && wanted.includes(state.type);
  }

  #offerOnce(text: string): BlobRef {
    const ref = this.#offered.get(text) ?? this.#source.offer(text);
    this.#offered.set(text, ref);
    return ref;
  }
}

/** Evidence that an agent did not keep up with the others; null if it did. */
function delayIn({ startedAfterMs, parts }: Pick<AgentPart, 'startedAfterMs' | 'parts'>): string | null {
  if (startedAfterMs === null) return 'may have begun at any time';
  if (startedAfterMs > latestStartMs) return `may have begun ${Math.round(startedAfterMs)} ms late`;
  const stoodMs = Math.max(0, ...parts.map(({ loopDelay }) => loopDelay.maxMs ?? 0));
  return stoodMs > longestStopMs ? `stood still for ${Math.round(stoodMs)} ms` : null;
}

/** Machines share no memory, so each continues beyond the duration until it has its share of the requests. */
function jobOfAgent(job: LoadJob, index: number, count: number): LoadJob {
  const own = partOf(job, index, count);
  const { extension } = own;
  if (extension === null) return own;
  return { ...own, extension: { ...extension, requests: shareOf(extension.requests, index, count) } };
}

function lostError(name: string, reason: string): ChatstreamError {
  return new ChatstreamError('cluster_unavailable', `Agent ${name} ${reason}.`, {
    hint: 'See its output. Once it is running again, repeat the bench.',
  });
}

function failedError(
  name: string,
  { message, hint, isTarget }: Extract<AgentState, { type: 'failed' }>,
): ChatstreamError {
  return new ChatstreamError(isTarget ? 'target_unreachable' : 'internal', `Agent ${name}: ${message}`, {
    ...(hint === null ? {} : { hint }),
    ...(isTarget && hint === null ? { hint: 'The address of --url must be one that the agents can reach.' } : {}),
  });
}
