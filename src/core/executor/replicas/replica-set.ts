import { Emitter, type Subscribable } from '../../base/emitter.js';
import { ChatstreamError } from '../../base/errors.js';
import { engineDownError, engineStoppedError } from '../../base/refusals/refusals.js';
import {
  type Demands,
  type EngineInfo,
  type EngineState,
  failedEvent,
  type GenerationEvent,
  type GenerationSpec,
  type Prepared,
  type PromptSource,
  type Round,
  type Token,
} from '../../engine/engine.js';
import { goneError } from '../../engine/process/gone-error.js';
import type { SupervisedEngine, SupervisedProcess } from '../../engine/process/supervised-engine.js';
import { diedTwiceError, ResumableGenerations } from '../../engine/process/unfinished-work.js';
import type { TokenSpelling } from '../../engine/token-spelling.js';
import type { TokenizeOptions } from '../../engine/tokenize-options.js';
import type { Executor, Replicas } from '../executor.js';
import { chooseExecutor } from '../routing.js';
import { combinedDevice, combinedInfo } from './combined-info.js';
import type { Replica } from './replica.js';

const noneFailed: ReadonlySet<string> = new Set();

/**
 * Several engines with the same model that look like one. Each has a fixed number of places. When the process of one dies,
 * its generations continue elsewhere, after their last token: at once where there are free places, else in the next ones that
 * become free, before anything new begins. A generation that was at work at two deaths fails, wherever they were.
 *
 * The whole is `ready` while one of them is, once all of them have been started.
 */
export class ReplicaSet implements SupervisedEngine, Replicas {
  readonly processes: SupervisedEngine['processes'];
  readonly #replicas: readonly [Replica, ...Replica[]];
  readonly #rounds = new Emitter<Round>();
  readonly #states = new Emitter<EngineState>();
  readonly #changes = new Emitter<undefined>();
  readonly rounds: Subscribable<Round> = this.#rounds.subscribe;
  readonly states: Subscribable<EngineState> = this.#states.subscribe;
  readonly changes: Subscribable<undefined> = this.#changes.subscribe;
  readonly #unfinished = new ResumableGenerations();
  /** Where each generation runs. */
  readonly #replicaOf = new Map<string, Replica>();
  /** Generations that wait for a place to continue, the first in line first. */
  readonly #unplaced = new Set<string>();
  #hasStarted = false;
  #state: EngineState = { status: 'starting' };

  constructor(replicas: readonly [Replica, ...Replica[]]) {
    this.#replicas = replicas;
    const [first, ...others] = replicas;
    this.processes = [
      ...first.engine.processes,
      ...others.flatMap<SupervisedProcess>(({ engine }) => [...engine.processes]),
    ];
    for (const replica of replicas) {
      replica.engine.rounds((round) => {
        this.#onRound(replica, round);
      });
      replica.engine.states((state) => {
        this.#onState(replica, state);
      });
    }
  }

  get state(): EngineState {
    return this.#state;
  }

  get executors(): readonly Executor[] {
    return this.#replicas;
  }

  get placesUp(): number {
    return this.#replicas.reduce((sum, { status, places }) => sum + (status === 'ready' ? places : 0), 0);
  }

  /** All load at the same time. If one cannot, the others are stopped. */
  async start(): Promise<EngineInfo> {
    try {
      await Promise.all(this.#replicas.map((replica) => replica.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (this.#state.status === 'stopped') throw engineStoppedError();
    this.#hasStarted = true;
    this.#follow();
    return combinedInfo(this.#replicas);
  }

  prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return this.#translator().prepare(source, demands, signal);
  }

  tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    return this.#translator().tokenize(text, options, signal);
  }

  detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return this.#translator().detokenize(tokens, signal);
  }

  spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    return this.#translator().spell(tokens, signal);
  }

  generate(spec: GenerationSpec): void {
    this.#unfinished.add(spec);
    const gone = goneError(this.#state);
    if (gone !== null) this.#refuse(spec.id, gone);
    else if (this.#unplaced.size > 0 || !this.#place(spec)) this.#unplaced.add(spec.id);
  }

  cancel(id: string): void {
    this.#unfinished.remove(id);
    this.#unplaced.delete(id);
    this.#replicaOf.get(id)?.cancel(id);
    this.#replicaOf.delete(id);
    this.#placeUnplaced();
  }

  async stop(): Promise<void> {
    this.#unfinished.clear();
    this.#unplaced.clear();
    this.#replicaOf.clear();
    if (this.#state.status !== 'stopped') this.#changeTo({ status: 'stopped' });
    await Promise.all(this.#replicas.map(({ engine }) => engine.stop()));
  }

  /** Places that have become free are taken before anyone hears of them. */
  #onRound(replica: Replica, round: Round): void {
    for (const { type, id } of round.events) {
      if (type !== 'ended' && type !== 'failed') continue;
      replica.ended(id);
      this.#replicaOf.delete(id);
    }
    this.#unfinished.follow(round);
    this.#placeUnplaced();
    this.#rounds.emit({ executor: replica.name, ...round, ...this.#changedDevice(replica, round) });
  }

  #changedDevice(replica: Replica, { device }: Round): Pick<Round, 'device'> {
    if (device === undefined || replica.info === null) return {};
    replica.info = { ...replica.info, device };
    return { device: combinedDevice(this.#replicas) };
  }

  #onState(replica: Replica, state: EngineState): void {
    if (this.#state.status === 'stopped') return;
    if (state.status === 'ready') replica.info = state.info;
    const lost = state.status === 'ready' ? [] : this.#lose(replica);
    this.#placeUnplaced();
    this.#changes.emit(undefined);
    this.#follow();
    this.#report(lost);
  }

  /** @returns events of the generations that have been at work at two deaths */
  #lose(replica: Replica): readonly GenerationEvent[] {
    const ids = replica.lose();
    const failed = this.#unfinished.lose(diedTwiceError('engine'), ids);
    for (const id of ids) {
      this.#replicaOf.delete(id);
      this.#unplaced.add(id);
    }
    for (const { id } of failed) this.#unplaced.delete(id);
    return failed;
  }

  #placeUnplaced(): void {
    for (const id of this.#unplaced) {
      const spec = this.#unfinished.resumed(id);
      if (spec !== null && !this.#place(spec)) return;
      this.#unplaced.delete(id);
    }
  }

  /** @returns whether there was a place */
  #place(spec: GenerationSpec): boolean {
    // What engines hold is known here, so that a short beginning counts as well.
    const replica = chooseExecutor(this.#replicas, noneFailed, (known) => known.knownShare(spec.prompt), 0);
    if (replica === null) return false;
    this.#replicaOf.set(spec.id, replica);
    replica.begin(spec);
    return true;
  }

  /** Changes the state to the combined state of the replicas. When none is left, all generations end. */
  #follow(): void {
    const next = this.#combinedState();
    if (next.status === this.#state.status) return;
    this.#changeTo(next);
    if (next.status !== 'failed') return;
    this.#unplaced.clear();
    this.#report(this.#unfinished.failAll(engineDownError({ reason: next.reason })));
  }

  #combinedState(): EngineState {
    if (!this.#hasStarted) return { status: 'starting' };
    const states = this.#replicas.map(({ state }) => state);
    if (states.some(({ status }) => status === 'ready')) return { status: 'ready', info: combinedInfo(this.#replicas) };
    const worst = states.find(({ status }) => status === 'restarting') ?? states[0];
    if (worst === undefined) throw new ChatstreamError('internal', 'There are no replicas.');
    return worst;
  }

  /** The engine whose vocabulary is used: any will do. */
  #translator(): SupervisedEngine {
    const usable = ['ready', 'restarting'].flatMap((status) =>
      this.#replicas.filter(({ state }) => state.status === status),
    );
    return (usable[0] ?? this.#replicas[0]).engine;
  }

  /** In a microtask, because an event emitted by `generate` itself would come before the caller expects one. */
  #refuse(id: string, error: ChatstreamError): void {
    queueMicrotask(() => {
      if (this.#unfinished.resumed(id) === null) return;
      this.#unfinished.remove(id);
      this.#report([failedEvent(id, error)]);
    });
  }

  #report(events: readonly GenerationEvent[]): void {
    if (events.length > 0) this.#rounds.emit({ durationMs: 0, batchSize: 0, events });
  }

  #changeTo(state: EngineState): void {
    this.#state = state;
    this.#states.emit(state);
  }
}
