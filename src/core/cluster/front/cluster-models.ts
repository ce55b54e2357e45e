import type { ChatstreamError } from '../../base/errors.js';
import { noNodeError } from '../../base/refusals/cluster-refusals.js';
import { noSuchModelError } from '../../base/refusals/model-refusals.js';
import { drainingError } from '../../base/refusals/queue-refusals.js';
import type { Executor } from '../../executor/executor.js';
import type { QueueSnapshot } from '../../inference/queue/queue-snapshot.js';
import type { ModelQueue, RequestLine } from '../../inference/queue/request-line.js';
import { RequestEvents } from '../../inference/request-events.js';
import type { ListedModel, ServedModel, ServedModels } from '../../inference/service/served-model.js';
import { JoinedLines } from '../../lines/joined-lines.js';
import { commonLimits, linesSnapshot } from '../../lines/lines-snapshot.js';
import { listedNames, modelMeant, nameInAnswer } from '../../lines/model-names.js';
import { refuseReserves } from '../../scheduler/fairness/reserves.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import { FadingModels } from '../fading-models.js';
import { ClusterModel, type ClusterModelOptions } from './cluster-model.js';
import { NoModel } from './no-model.js';
import { NodeNames } from './node-names.js';
import { resizeAll } from './resize-all.js';

export interface ClusterModelsOptions extends Omit<ClusterModelOptions, 'names'> {
  /** Names that stand for the first model, and `*` for any name. */
  readonly aliases: readonly string[];
}

/** All models that nodes have or had, as a front serves them. Each has its own line. */
export class ClusterModels extends JoinedLines<ClusterModel> implements RequestLine, ServedModels {
  readonly slotsAt = 'nodes';
  readonly #options: ClusterModelsOptions;
  readonly #models = new Map<string, ClusterModel>();
  /** Refusals of requests for which there was no model. */
  readonly #refusals: RequestEvents;
  readonly #unsubscribe: () => void;
  readonly #fading: FadingModels;
  readonly #names: NodeNames;
  /** Listeners are kept here until there is a model. */
  #keys: Parameters<RequestLine['configureKeys']> | null = null;
  #isDraining = false;

  constructor(options: ClusterModelsOptions) {
    super();
    this.#options = options;
    this.#names = new NodeNames(options.nodes);
    this.#refusals = new RequestEvents(options.clock);
    this.#refusals.subscribe((event) => {
      this.passOn(event);
    });
    this.#fading = new FadingModels({
      clock: options.clock,
      isNeeded: (name) => this.#isBusy(name),
      forget: (name) => {
        this.#forget(name);
      },
    });
    const follow = (): void => {
      for (const { model } of options.nodes.all.values()) if (!this.#models.has(model)) this.#add(model);
      for (const { name, slots } of this.#models.values()) this.#fading.see(name, slots > 0);
    };
    this.#unsubscribe = options.nodes.changes(follow);
    follow();
  }

  /** Without any model, the stand-in that is returned refuses each request, so that refusals are counted. */
  find(wanted: string | null | undefined): ServedModel {
    if (this.#models.size === 0) return { name: wanted ?? '', inference: this.#noModel(wanted ?? null) };
    const model = this.#modelFor(wanted);
    return { name: nameInAnswer(wanted, model), inference: model.inference };
  }

  meant(name: string): object | undefined {
    return this.#answering(name);
  }

  get list(): readonly ListedModel[] {
    return listedNames(this.all, this.#options.aliases).map(({ model, id }) => listed(model, id));
  }

  describe(id: string): ListedModel {
    return listed(this.#modelFor(id), id);
  }

  get modelQueues(): readonly ModelQueue[] {
    return this.all.map((model) => this.#queueOf(model));
  }

  get limits(): SchedulerLimits {
    const { maxQueue } = this.#options.own;
    return this.#models.size === 0 ? { maxConcurrency: 0, maxQueue } : commonLimits(this.all);
  }

  get readiness(): string {
    if (this.#isDraining) return 'draining';
    if (this.all.some(({ inference }) => inference.ready)) return 'ready';
    return this.#options.peer.isConnected ? 'no_nodes' : 'no_nats';
  }

  get executors(): readonly Executor[] {
    return this.all.flatMap(({ inference }) => inference.executors);
  }

  snapshot(most = Number.POSITIVE_INFINITY, payer: string | null = null): QueueSnapshot {
    if (this.#models.size > 0) return linesSnapshot(this.all, most, payer);
    const nothing = { slots: 0, preparing: 0, runningOutputTokens: 0, running: [], waiting: [] };
    return { ...this.limits, ...nothing, draining: this.#isDraining };
  }

  /**
   * Changes the line of every model that has nodes, for the whole cluster. If some of them refuse, the others are changed.
   *
   * @throws ChatstreamError `cluster_unavailable` if there are no nodes, and as `Inference.resize` does
   */
  resize(limits: Partial<SchedulerLimits>): void {
    const served = this.#served;
    if (served.length === 0) throw noNodeError(null);
    resizeAll(served, limits);
  }

  /** @throws ChatstreamError `cluster_unavailable` if NATS does not store them in time */
  async limitsKept(): Promise<void> {
    await Promise.all(this.#served.map((model) => model.limitsKept()));
  }

  /** @throws ChatstreamError `usage` for any reserve, and for more keys than NATS can store; then nothing is changed */
  configureKeys(...changes: Parameters<RequestLine['configureKeys']>): void {
    const [terms, classReserves] = changes;
    refuseReserves({ terms, ...(classReserves !== undefined && { classReserves }) }, 'cluster');
    this.#options.own.assertFits(this.#options.lines.maxValueBytes, changes);
    this.#keys = changes;
    for (const { inference } of this.all) inference.configureKeys(...changes);
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all(this.all.map(({ inference }) => inference.drain()));
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#fading.stop();
    this.#names.stop();
    await Promise.all(this.all.map((model) => model.stop()));
  }

  /** Models that have nodes come first, because a request without a model is for one of them. */
  protected get all(): readonly ClusterModel[] {
    const models = [...this.#models.values()];
    return [...models.filter(({ slots }) => slots > 0), ...models.filter(({ slots }) => slots === 0)];
  }

  get #served(): readonly ClusterModel[] {
    return this.all.filter(({ slots }) => slots > 0);
  }

  #add(name: string): void {
    const model = new ClusterModel(name, { ...this.#options, names: this.#names });
    this.#models.set(name, model);
    this.join(model);
    if (this.#keys !== null) model.inference.configureKeys(...this.#keys);
    if (this.#isDraining) void model.inference.drain();
  }

  #queueOf(model: ClusterModel): ModelQueue {
    const { name, slots, inference } = model;
    return {
      answersTo: (wanted: string) => this.#answering(wanted)?.name === name,
      ...{ name, state: inference.ready ? 'loaded' : 'unloaded', etaMs: null, ...inference.limits, slots },
      ...{ running: inference.running, waiting: inference.waiting, preparing: inference.preparing },
      ...{ loads: 0, failedLoads: 0 },
      resize: (limits: Partial<SchedulerLimits>) => {
        if (slots === 0) throw noNodeError(name);
        inference.resize(limits);
      },
      limitsKept: () => model.limitsKept(),
    };
  }

  #noModel(wanted: string | null): NoModel {
    const { clock } = this.#options;
    const refusal = (): ChatstreamError => (this.#isDraining ? drainingError(1) : noNodeError(wanted));
    return new NoModel(this.#refusals, () => clock.now(), refusal);
  }

  #isBusy(name: string): boolean {
    const inference = this.#models.get(name)?.inference;
    return inference !== undefined && inference.running + inference.waiting + inference.preparing > 0;
  }

  #forget(name: string): void {
    void this.#models.get(name)?.stop();
    this.#models.delete(name);
  }

  #modelFor(wanted: string | null | undefined): ClusterModel {
    if (this.#models.size === 0) throw noNodeError(wanted ?? null);
    const found = this.#answering(wanted);
    if (found === undefined) throw noSuchModelError(wanted ?? '', [...this.#models.keys()]);
    return found;
  }

  #answering(wanted: string | null | undefined): ClusterModel | undefined {
    return modelMeant(wanted, this.all, this.#options.aliases);
  }
}

function listed({ name, inference }: ClusterModel, id: string): ListedModel {
  return { id, root: name, info: inference.info, state: inference.ready ? 'loaded' : 'unloaded' };
}
