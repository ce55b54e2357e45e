import { seededRandom } from '../../../../src/core/base/random.js';
import { type AgentEvent, BenchAgent } from '../../../../src/core/bench/agents/agent.js';
import { agentsLoad } from '../../../../src/core/bench/agents/agents-load.js';
import { type AgentSearch, findAgents } from '../../../../src/core/bench/agents/find-agents.js';
import type { Speaker } from '../../../../src/core/bench/agents/messages.js';
import type { LoadJob } from '../../../../src/core/bench/load/job/load-job.js';
import type { LoadGenerator } from '../../../../src/core/bench/load/load-generator.js';
import type { RunPart } from '../../../../src/core/bench/record/run-part.js';
import { RunRecorder, type RunSnapshot } from '../../../../src/core/bench/record/run-recorder.js';
import { assumedScale } from '../../../../src/core/bench/workload/words.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';
import { type MemoryBus, MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const speaker: Speaker = { version: 1, tool: '1.2.3' };

/** What an agent in a simulation measures. */
export interface Measured {
  readonly partOf: (job: LoadJob) => RunPart;
  readonly snapshot: RunSnapshot;
}

/** A load that only lets virtual time pass. */
class ScriptedLoad implements LoadGenerator {
  /** The jobs that were sent, in order. */
  readonly sent: LoadJob[] = [];
  readonly #clock: VirtualClock;
  readonly #measured: Measured;
  #job: LoadJob | null = null;
  #hasBegun = false;

  constructor(clock: VirtualClock, measured: Measured) {
    this.#clock = clock;
    this.#measured = measured;
  }

  async prepare(job: LoadJob): Promise<void> {
    this.#job = job;
    await passed(this.#clock, 50);
  }

  async start(signal: AbortSignal): Promise<readonly RunPart[]> {
    const job = this.#job;
    if (job === null) throw new Error('not prepared');
    this.sent.push(job);
    this.#hasBegun = true;
    await passed(this.#clock, job.warmupMs + (job.durationMs ?? 0), signal);
    return [this.#measured.partOf(job)];
  }

  snapshots(): readonly RunSnapshot[] {
    return this.#hasBegun ? [this.#measured.snapshot] : [];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A part whose number of requests says whose it is. */
export function emptyPart({ worker }: LoadJob): RunPart {
  const recorded = new RunRecorder([], 0).part(new LatencyHistogram());
  return { ...recorded, completed: worker + 1, extendedUs: 0, rejection: null, samplesFailure: null };
}

export const emptySnapshot: RunSnapshot = { ...new RunRecorder([], 0).snapshot, completed: 1, rejection: null };

function passed(clock: VirtualClock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(ms, resolve);
    signal?.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}

export interface SimulatedAgent {
  readonly agent: BenchAgent;
  readonly bus: MemoryBus;
  readonly load: ScriptedLoad;
  readonly events: AgentEvent[];
}

/** A NATS, agents, and benches in virtual time. */
export class Simulation {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly #maxPayloadBytes: number | undefined;
  #agents = 0;

  constructor(seed: number, maxPayloadBytes?: number) {
    this.network = new MemoryNetwork(this.clock, seededRandom(seed));
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  agent(name: string, measured: Partial<Measured> = {}, as: Speaker = speaker): SimulatedAgent {
    const bus = this.network.connect(this.#maxPayloadBytes);
    const load = new ScriptedLoad(this.clock, { partOf: emptyPart, snapshot: emptySnapshot, ...measured });
    const events: AgentEvent[] = [];
    // Clocks need not agree: each agent's is half an hour ahead of the one before, and the bench's is behind all of them.
    this.#agents += 1;
    bus.sleeper.aheadMs = this.#agents * 1_800_000;
    const agent = new BenchAgent({
      ...{ bus, clock: bus.sleeper, speaker: as, id: name, name },
      createLoad: () => load,
      onEvent: (event) => events.push(event),
    });
    return { agent, bus, load, events };
  }

  /** What a bench sends from so many agents, once they are there. */
  async bench(
    count: number,
    search: Partial<AgentSearch> & { readonly as?: Speaker; readonly session?: string } = {},
  ): Promise<{ readonly load: LoadGenerator; readonly bus: MemoryBus }> {
    const bus = this.network.connect(this.#maxPayloadBytes);
    const { as = speaker, session = 'one' } = search;
    const cluster = { bus, clock: this.clock, speaker: as, session, host: 'here' };
    const found = await findAgents(cluster, {
      ...{ count, patienceMs: 30_000, signal: new AbortController().signal, address: 'nats://there:4222' },
      onFound: () => undefined,
      ...search,
    });
    return { load: agentsLoad(cluster, found, { workers: 1, events: 0 }), bus };
  }

  /** Lets time pass until the promise is settled; fails if it never is. */
  async settled<T>(promise: Promise<T>, longestMs = 600_000): Promise<T> {
    const outcome = { isKnown: false };
    const settle = (): void => {
      outcome.isKnown = true;
    };
    promise.then(settle, settle);
    for (let passedMs = 0; !outcome.isKnown; passedMs += 50) {
      if (passedMs >= longestMs) throw new Error(`nothing came of it in ${longestMs} ms`);
      await this.clock.advanceAsync(50);
    }
    return promise;
  }
}

/** A second of load after half a second of warm-up. */
export const plainJob: LoadJob = {
  client: {
    url: 'http://127.0.0.1:9/v1/chat/completions',
    headers: { authorization: 'Bearer secret' },
    timeoutMs: 1000,
  },
  workload: {
    ...{ type: 'synthetic', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale },
    ...{ inputTokens: parseLengths('4-12'), outputTokens: parseLengths('3-9') },
  },
  body: { model: 'm', ignoreEos: false, omitted: [], extraBody: null },
  shape: { type: 'closed', clients: 6 },
  ...{ run: 0, worker: 0, workers: 1, warmupMs: 500, durationMs: 1000, requests: null, extension: null },
  ...{ objectives: [], trackedObjectives: [], samplesPath: null },
};
