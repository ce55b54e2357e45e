import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { ChatstreamError } from '../../base/errors.js';
import {
  clusterAwayError,
  nodesDiedError,
  noNodeError,
  notContinuedError,
} from '../../base/refusals/cluster-refusals.js';
import type {
  Demands,
  EngineInfo,
  EngineState,
  GenerationEvent,
  GenerationSpec,
  Prepared,
  PromptSource,
  Round,
  ServingEngine,
  Token,
} from '../../engine/engine.js';
import { ResumableGenerations } from '../../engine/process/unfinished-work.js';
import type { TokenSpelling } from '../../engine/token-spelling.js';
import type { TokenizeOptions } from '../../engine/tokenize-options.js';
import type { Peer } from '../channel/peer.js';
import type { Members } from '../members.js';
import type { NodeCall, NodeEntry, nodeEntry } from '../messages.js';
import { readAnswer } from './answers.js';
import { type Attempt, Attempts } from './attempts.js';
import { HomelessGenerations } from './homeless-generations.js';
import { NodeLink } from './node-link.js';
import type { NodeNames } from './node-names.js';
import { watchCutOffs } from './outage.js';
import type { RemoteLine } from './remote-line.js';

export interface ClusterEngineOptions {
  readonly model: string;
  readonly peer: Peer;
  readonly nodes: Members<typeof nodeEntry>;
  readonly names: NodeNames;
  readonly line: RemoteLine;
  readonly clock: Clock;
  /** How long a generation that has lost its node waits for another, in milliseconds; 0 is unlimited. */
  readonly patienceMs: number;
}

/** The most nodes that are asked one question, one after the other, if they are lost before they answer. */
const mostAsked = 3;

/**
 * Number of nodes that may die under a generation before it fails: it may itself be what kills them, and must not take
 * all of them with it. More than for lost engines, because a node may die with its machine, or only seem to.
 */
const mostDeaths = 5;

/**
 * The nodes that have a model, as one engine. A generation begins where the line has granted it a place. If its node is
 * lost, it continues where the line grants it another one, after the last token that has arrived here.
 */
export class ClusterEngine implements ServingEngine {
  readonly #options: ClusterEngineOptions;
  readonly #rounds = new Emitter<Round>();
  readonly #states = new Emitter<EngineState>();
  readonly #links = new Map<string, NodeLink>();
  readonly #unfinished = new ResumableGenerations(mostDeaths - 1);
  readonly #homeless: HomelessGenerations;
  readonly #attempts: Attempts;
  readonly #stops: readonly (() => void)[];
  #info: EngineInfo | null = null;
  /** The nodes that were there when one of them described itself. */
  #described: ReadonlySet<string> = new Set();
  #isAskingForInfo = false;
  #state: EngineState = { status: 'starting' };

  constructor(options: ClusterEngineOptions) {
    this.#options = options;
    const { nodes, line, peer, clock, patienceMs } = options;
    this.#attempts = new Attempts(peer.id);
    this.#homeless = new HomelessGenerations(clock, patienceMs, (id) => {
      this.#report(this.#unfinished.fail(notContinuedError(patienceMs), id));
    });
    this.#stops = [
      nodes.changes(() => {
        this.#follow();
      }),
      peer.connection(() => {
        this.#follow();
      }),
      line.regrants((id) => {
        this.#attempt(id);
      }),
      watchCutOffs(peer, clock, () => {
        for (const link of this.#links.values()) link.abandonCalls();
      }),
    ];
    this.#follow();
  }

  get rounds(): Subscribable<Round> {
    return this.#rounds.subscribe;
  }

  get states(): Subscribable<EngineState> {
    return this.#states.subscribe;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** The nodes that have the model, by their ids. */
  get nodes(): readonly NodeEntry[] {
    const { nodes, model } = this.#options;
    return [...nodes.all.values()].filter((node) => node.model === model);
  }

  /** It exists as soon as a node does. */
  start(): Promise<EngineInfo> {
    return this.#info === null ? Promise.reject(noNodeError(this.#options.model)) : Promise.resolve(this.#info);
  }

  async prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return readAnswer.prepared(await this.#ask({ type: 'prepare', source, demands: demands ?? null }, signal));
  }

  async tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    return readAnswer.tokens(await this.#ask({ type: 'tokenize', text, options: options ?? null }, signal));
  }

  async detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return readAnswer.text(await this.#ask({ type: 'detokenize', tokens: [...tokens] }, signal));
  }

  async spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    return readAnswer.spellings(await this.#ask({ type: 'spell', tokens: [...tokens] }, signal));
  }

  generate(spec: GenerationSpec): void {
    this.#unfinished.add(spec);
    this.#attempt(spec.id);
  }

  cancel(id: string): void {
    this.#unfinished.remove(id);
    this.#homeless.settle(id);
    const attempt = this.#attempts.forget(id);
    attempt?.link.cancel(attempt.name);
  }

  stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    for (const link of this.#links.values()) link.close();
    this.#unfinished.clear();
    this.#homeless.stop();
    this.#attempts.clear();
    return Promise.resolve();
  }

  /** Begins or continues a generation on the node where it has a place. */
  #attempt(id: string): void {
    const grant = this.#options.line.grantOf(id);
    const spec = this.#unfinished.resumed(id);
    if (grant === null || spec === null) return;
    const attempt = this.#attempts.add(id, this.#linkTo(grant.node));
    this.#homeless.place(id);
    attempt.link.generate({ ...spec, id: attempt.name }, grant.lease, this.#options.line.prefixesOf(id));
  }

  #linkTo(node: string): NodeLink {
    const known = this.#links.get(node);
    if (known !== undefined) return known;
    const link = new NodeLink(this.#options.peer, node, {
      onRound: (from, round) => {
        this.#onRound(from, round);
      },
      onRefused: (from, name) => {
        this.#lose(from, this.#attempts.named(name));
      },
      onClosed: (closed, reason) => {
        this.#links.delete(node);
        const attempts = this.#attempts.on(closed);
        for (const attempt of attempts) this.#lose(closed, attempt);
        // A node that has been drained says so, and so does one that has not heard from here for a while.
        if (reason === 'silent') this.#countDeath(attempts);
      },
    });
    this.#links.set(node, link);
    return link;
  }

  /** An attempt has failed, if it was on this node, so the line has to find another place for it. */
  #lose(link: NodeLink, attempt: Attempt | undefined): void {
    if (attempt?.link !== link) return;
    this.#attempts.forget(attempt.id);
    this.#homeless.lose(attempt.id);
    this.#options.line.lost(attempt.id, link.node);
  }

  /** Their node has died. Generations that have seen too many nodes die end. */
  #countDeath(attempts: readonly Attempt[]): void {
    const ids = attempts.map(({ id }) => id);
    this.#report(this.#unfinished.lose(nodesDiedError(mostDeaths), ids));
  }

  /** What no node has reported. */
  #report(events: readonly GenerationEvent[]): void {
    for (const { id } of events) this.#homeless.settle(id);
    if (events.length > 0) this.#rounds.emit({ durationMs: 0, batchSize: 0, events });
  }

  #onRound(link: NodeLink, round: Round): void {
    // Before anything ends in this round.
    const prefills = round.prefills?.flatMap(({ id: name, tokens }) => {
      const id = this.#attempts.named(name)?.id;
      return id === undefined ? [] : [{ id, tokens }];
    });
    const events = round.events.flatMap((event): GenerationEvent[] => {
      const attempt = this.#attempts.named(event.id);
      if (attempt === undefined) return [];
      // Its engine is gone for good, but another node has one.
      if (event.type === 'failed' && event.code === 'engine_unavailable') {
        this.#lose(link, attempt);
        return [];
      }
      return [{ ...event, id: attempt.id }];
    });
    for (const { type, id } of events) {
      if (type === 'ended' || type === 'failed') this.#attempts.forget(id);
      if (type !== 'started') this.#homeless.settle(id);
    }
    const executor = this.#options.names.of(link.node);
    const heard = { ...round, events, executor, ...(prefills !== undefined && { prefills }) };
    this.#unfinished.follow(heard);
    this.#rounds.emit(heard);
  }

  async #ask(ask: NodeCall, signal?: AbortSignal): Promise<unknown> {
    const asked = new Set<string>();
    while (asked.size < mostAsked) {
      if (!this.#options.peer.isConnected) throw clusterAwayError();
      const node = this.#freest(asked);
      if (node === null) throw noNodeError(this.#options.model);
      asked.add(node);
      try {
        return await this.#linkTo(node).ask(ask, signal);
      } catch (error) {
        const isGone = error instanceof ChatstreamError && error.code === 'cluster_unavailable';
        if (!isGone || signal?.aborted === true) throw error;
      }
    }
    throw clusterAwayError();
  }

  /** The node with the least work. */
  #freest(except: ReadonlySet<string>): string | null {
    const ready = this.nodes.filter(({ id, status }) => status === 'ready' && !except.has(id));
    const [first] = ready.toSorted((one, other) => one.running / one.slots - other.running / other.slots);
    return first?.id ?? null;
  }

  /** Updates the state to that of the nodes. */
  #follow(): void {
    const slots = this.nodes.reduce((sum, node) => sum + node.slots, 0);
    const isThere = this.#options.peer.isConnected && this.nodes.some(({ status }) => status === 'ready');
    // When none of them is left, the next nodes may have been started with other options, or a changed file.
    const isDescribed = this.nodes.some(({ id }) => this.#described.has(id));
    if (isThere && !isDescribed) void this.#askForInfo();
    if (this.#info === null) return;
    if (isThere && (isDescribed || this.#state.status === 'ready')) {
      if (this.#info.slots !== slots) this.#info = { ...this.#info, slots };
      if (this.#state.status !== 'ready' || this.#state.info !== this.#info) {
        this.#changeTo({ status: 'ready', info: this.#info });
      }
    } else if (!isThere && this.#state.status === 'ready') {
      this.#changeTo({ status: 'restarting', attempt: 1, reason: 'no node can be reached' });
    }
  }

  async #askForInfo(): Promise<void> {
    if (this.#isAskingForInfo) return;
    this.#isAskingForInfo = true;
    try {
      const there = new Set(this.nodes.map(({ id }) => id));
      this.#info = readAnswer.info(await this.#ask({ type: 'describe' }));
      this.#described = there;
      this.#follow();
    } catch {
      // The next change of the nodes asks again.
    } finally {
      this.#isAskingForInfo = false;
    }
  }

  #changeTo(state: EngineState): void {
    this.#state = state;
    this.#states.emit(state);
  }
}
