import { ChatstreamError } from '../../../src/core/base/errors.js';
import { type Random, seededRandom } from '../../../src/core/base/random.js';
import { ClusterModels } from '../../../src/core/cluster/front/cluster-models.js';
import { FrontSettings } from '../../../src/core/cluster/front/front-settings.js';
import { joinCluster, type Membership } from '../../../src/core/cluster/joining/join-cluster.js';
import { ClusterNode } from '../../../src/core/cluster/node/cluster-node.js';
import type { AnswerPart } from '../../../src/core/engine/dialects/answer.js';
import { createMockEngine } from '../../../src/core/engine/mock/mock-engine.js';
import { InferenceJob } from '../../../src/core/inference/queue/inference-job.js';
import type { QueueSnapshot } from '../../../src/core/inference/queue/queue-snapshot.js';
import type { InferenceEvent, InferenceRequest } from '../../../src/core/inference/request.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import type { SchedulerLimits } from '../../../src/core/scheduler/scheduler.js';
import { inProcess } from '../../support/in-process.js';
import { type MemoryBus, MemoryNetwork, type Silence } from '../../support/memory-bus.js';
import { greedy } from '../../support/sampling.js';
import { silentLogger } from '../../support/silent-logger.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** What a client has got. */
export interface Client {
  readonly id: string;
  readonly front: string;
  text: string;
  /** When it was asked for, in the order of all that happened to clients. */
  askedAs: number;
  /** When its front heard that the line has it, in the same order. */
  placedAs: number | null;
  /** When it began, in the order of all that did. */
  startedAs: number | null;
  /** When its front registered it, in virtual time. */
  admittedMs: number;
  /** `completed`, or the code of an error; null until it has ended. */
  end: string | null;
}

/** What a client may ask otherwise. */
interface Asked {
  readonly key: string;
  /** The prompt, of one token per character. */
  readonly text: string;
}

/** How a request has ended, as its front counts it. */
type Ended = Pick<Extract<InferenceEvent, { type: 'settled' }>, 'id' | 'outcome' | 'model'>;

interface Member {
  readonly bus: MemoryBus;
  readonly membership: Membership;
}

const limits = { maxConcurrency: 1, maxQueue: 1000 };

/** Answers count from 1 to this: every gap and every repetition shows. */
const answerTokens = 12;
export const wholeAnswer = Array.from({ length: answerTokens }, (_, index) => String(index + 1)).join(' ');

/** A cluster in one process and in virtual time, over a network that may lose, delay and repeat messages. */
export class SimulatedCluster {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly clients: Client[] = [];
  /** What each node has at the moment, and the most that it has had. */
  readonly most = new Map<string, number>();
  /** What fronts have counted, in the order in which it ended. */
  readonly ended: Ended[] = [];
  readonly #fronts = new Map<string, Member & { readonly models: ClusterModels }>();
  readonly #nodes = new Map<string, Member & { readonly node: ClusterNode }>();
  readonly #random: Random;
  #started = 0;
  #happened = 0;

  /**
   * @param ttftTargetMs of all fronts; null for none
   * @param keys between which places are shared fairly; none for one line in the order of arrival
   */
  constructor(
    seed: number,
    readonly ttftTargetMs: number | null = null,
    readonly keys: readonly string[] = [],
  ) {
    this.network = new MemoryNetwork(this.clock, seededRandom(seed));
    this.#random = seededRandom(seed + 1);
  }

  /** @param queueTimeoutMs 0 is unlimited */
  async addFront(id: string, queueTimeoutMs = 0): Promise<void> {
    const member = await this.#join(id, 'front');
    const { peer, lines, nodes } = member.membership;
    const terms = new Map(this.keys.map((key) => [key, usualTerms]));
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms } as const;
    const scheduling = { ...limits, queueTimeoutMs, ttftTargetMs: this.ttftTargetMs, ...(terms.size > 0 && { fair }) };
    const own = new FrontSettings(scheduling, null);
    const queue = { ...scheduling, slots: 0 };
    const models = new ClusterModels({ peer, lines, nodes, own, queue, clock: member.bus.sleeper, aliases: [] });
    models.events((event) => {
      if (event.type !== 'settled') return;
      const { id: request, outcome, model } = event;
      this.ended.push({ id: request, outcome, ...(model !== undefined && { model }) });
    });
    member.membership.announceFront(id, models);
    this.#fronts.set(id, { ...member, models });
  }

  async addNode(
    id: string,
    slots: number,
    tokenMs = 200,
    { context = 4096, model = 'mock', name = id }: { context?: number; model?: string; name?: string } = {},
  ): Promise<void> {
    const member = await this.#join(id, 'node');
    const options = { engine: 'mock', slots, context, prefillMs: 20, tokenMs, reply: 'long' } as const;
    const engine = inProcess(createMockEngine(options, member.bus.sleeper));
    const info = { ...(await engine.start()), modelId: model };
    const { peer, members } = member.membership;
    const node = new ClusterNode({ engine, info, name, peer, members, clock: member.bus.sleeper });
    engine.rounds(() => {
      this.most.set(id, Math.max(this.most.get(id) ?? 0, node.running));
    });
    this.#nodes.set(id, { ...member, node });
  }

  /** Ends a member as kill -9 does: nothing of it is heard any more. */
  kill(id: string): void {
    const member = this.#member(id);
    member.bus.isCut = true;
  }

  /** Cuts a member off, or joins it again. It notices, as a process whose connection breaks. */
  cut(id: string, isCut: boolean): void {
    this.#member(id).bus.isCut = isCut;
  }

  /** Loses what goes one way, or none, without that anybody notices. */
  silence(id: string, silence: Silence): void {
    this.#member(id).bus.silence = silence;
  }

  /** Stops a process, as SIGSTOP does, or lets it go on. It may believe for a moment that it still holds a line. */
  sleep(id: string, isAsleep: boolean): void {
    this.#member(id).bus.sleeper.isAsleep = isAsleep;
  }

  /** How many have joined. */
  get members(): number {
    return this.#fronts.size + this.#nodes.size;
  }

  holders(): readonly string[] {
    const members = [...this.#fronts, ...this.#nodes];
    return members.filter(([, { membership }]) => membership.heldLines.length > 0).map(([id]) => id);
  }

  /** The models whose lines a front holds. */
  linesAt(front: string): readonly string[] {
    return this.#fronts.get(front)?.membership.heldLines ?? [];
  }

  runningAt(node: string): number {
    return this.#nodes.get(node)?.node.running ?? 0;
  }

  /** The context of the model, as a front knows it. */
  contextAt(front: string): number | null {
    return this.#fronts.get(front)?.models.list[0]?.info?.contextLength ?? null;
  }

  /** The names of the nodes, as a front shows them. */
  nodesAt(front: string): readonly string[] {
    return this.#fronts.get(front)?.models.executors.map(({ name }) => name) ?? [];
  }

  /** What a front says of itself to health checks. */
  readinessOf(front: string): string | undefined {
    return this.#fronts.get(front)?.models.readiness;
  }

  /** How many requests a front says may run at once, and has room for. */
  roomAt(front: string): Pick<QueueSnapshot, 'maxConcurrency' | 'slots'> | undefined {
    return this.#fronts.get(front)?.models.snapshot(0);
  }

  /** The models that a front lists, those that have nodes first. */
  modelsAt(front: string): readonly string[] {
    return this.#fronts.get(front)?.models.list.map(({ id }) => id) ?? [];
  }

  /** How many may run at once of each model, as a front knows it. */
  limitsAt(front: string): Readonly<Record<string, number>> {
    const queues = this.#fronts.get(front)?.models.modelQueues ?? [];
    return Object.fromEntries(queues.map(({ name, maxConcurrency }) => [name, maxConcurrency]));
  }

  /** Changes the limits at a front. */
  resize(front: string, limits: Partial<SchedulerLimits>): void {
    this.#fronts.get(front)?.models.resize(limits);
  }

  /** Waits until the limits of a front are kept. `said` is `kept` then, the code of the error if they are not, and null before. */
  limitsKeptAt(front: string): { readonly said: string | null } {
    const answer: { said: string | null } = { said: null };
    const wait = async (): Promise<void> => {
      try {
        await this.#fronts.get(front)?.models.limitsKept();
        answer.said = 'kept';
      } catch (error) {
        answer.said = error instanceof ChatstreamError ? error.code : 'thrown';
      }
    };
    void wait();
    return answer;
  }

  /** A client of a front asks for an answer. */
  ask(front: string, model: string | null = null, request: Partial<Asked> = {}): Client {
    const client: Client = {
      id: `r${this.clients.length}`,
      front,
      text: '',
      askedAs: this.#next(),
      placedAs: null,
      startedAs: null,
      admittedMs: 0,
      end: null,
    };
    this.clients.push(client);
    const take = (parts: readonly AnswerPart[]): void => {
      for (const part of parts) if (part.type === 'content') client.text += part.text;
    };
    const models = this.#fronts.get(front)?.models;
    if (models === undefined) throw new Error(`There is no front ${front}.`);
    const listener = {
      started: (job: object) => {
        if (job instanceof InferenceJob) client.admittedMs = job.admittedMs;
        this.#started += 1;
        client.startedAs = this.#started;
      },
      parts: take,
      ended: (_reason: unknown, parts: readonly AnswerPart[]) => {
        take(parts);
        client.end = client.end === null ? 'completed' : 'ended twice';
      },
      failed: ({ code }: { readonly code: string }) => {
        client.end = code;
      },
    };
    const submit = async (): Promise<void> => {
      await models.find(model).inference.submit(requestOf(client.id, request), listener, new AbortController().signal);
      // It also comes to an end where the line has turned it away, or does not say anything.
      if (client.end === null) client.placedAs = this.#next();
    };
    submit().catch((error: unknown) => {
      client.end = error instanceof Error && 'code' in error ? String(error.code) : 'thrown';
    });
    return client;
  }

  async advance(ms: number): Promise<void> {
    // In steps, so that promises get their turn.
    for (let left = ms; left > 0; left -= 250) await this.clock.advanceAsync(Math.min(left, 250));
  }

  /** @param mostMs of virtual time */
  async until(isDone: () => boolean, mostMs: number): Promise<boolean> {
    for (let passed = 0; passed < mostMs && !isDone(); passed += 250) await this.advance(250);
    return isDone();
  }

  #next(): number {
    this.#happened += 1;
    return this.#happened;
  }

  async #join(id: string, role: 'front' | 'node'): Promise<Member> {
    const bus = this.network.connect();
    // Clocks need not agree: no two of them do here.
    bus.sleeper.aheadMs = Math.floor(this.#random() * 1e7);
    const joining = joinCluster({ bus, clock: bus.sleeper, logger: silentLogger, role, id });
    await this.clock.advanceAsync(50);
    return { bus, membership: await joining };
  }

  #member(id: string): Member {
    const member = this.#fronts.get(id) ?? this.#nodes.get(id);
    if (member === undefined) throw new Error(`There is no member ${id}.`);
    return member;
  }
}

function requestOf(id: string, { key, text = 'Count.' }: Partial<Asked>): InferenceRequest {
  return {
    ...(key !== undefined && { key }),
    ...{ id, source: { type: 'text', text }, maxTokens: answerTokens, minTokens: 0, sampling: greedy },
    ...{ stop: [], stopTokens: [], ignoreEos: false, format: { type: 'text' }, thoughtTokens: null },
  };
}
