import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { limitsNotKeptError } from '../../base/refusals/cluster-refusals.js';
import type { Bucket } from '../../bus/bucket.js';
import type { Executor, Replicas } from '../../executor/executor.js';
import { Inference, type InferenceOptions } from '../../inference/service/inference.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import type { Peer } from '../channel/peer.js';
import { LineSettings } from '../line-settings.js';
import type { Members } from '../members.js';
import type { NodeEntry, nodeEntry } from '../messages.js';
import { ClusterEngine } from './cluster-engine.js';
import type { FrontSettings } from './front-settings.js';
import { LineConnection } from './line-connection.js';
import type { NodeNames } from './node-names.js';
import { RemoteLine } from './remote-line.js';

export interface ClusterModelOptions {
  readonly peer: Peer;
  /** The bucket of leases and settings. */
  readonly lines: Bucket;
  readonly nodes: Members<typeof nodeEntry>;
  readonly names: NodeNames;
  readonly own: FrontSettings;
  readonly queue: InferenceOptions;
  readonly clock: Clock;
}

/** How long NATS may take to store new limits, in milliseconds: two attempts, the first of which was not answered. */
const keptWithinMs = 5000;

/** One of the nodes' models, as a front serves it. */
export class ClusterModel implements Replicas {
  readonly name: string;
  readonly inference: Inference;
  readonly #engine: ClusterEngine;
  readonly #connection: LineConnection;
  readonly #settings: LineSettings;
  readonly #changes = new Emitter<undefined>();
  readonly #nodes: ClusterModelOptions['nodes'];
  readonly #names: NodeNames;

  constructor(name: string, { peer, lines, nodes, names, own, queue, clock }: ClusterModelOptions) {
    this.name = name;
    this.#nodes = nodes;
    this.#names = names;
    this.#settings = new LineSettings(lines, name, clock);
    this.#connection = new LineConnection({ model: name, peer, bucket: lines, clock });
    const slots = (): number => this.slots;
    const line = new RemoteLine({ connection: this.#connection, settings: this.#settings, own, slots, clock });
    const patienceMs = queue.queueTimeoutMs;
    this.#engine = new ClusterEngine({ model: name, peer, nodes, names, line, clock, patienceMs });
    this.inference = new Inference(this.#engine, { ...queue, replicas: this }, clock, line);
  }

  get limits(): SchedulerLimits {
    return this.inference.limits;
  }

  /** The nodes. */
  get executors(): readonly Executor[] {
    return this.#ownNodes.map(({ id, engine: kind, status, slots: places, running }) => {
      return { name: this.#names.of(id), kind, status, places, running, model: this.name };
    });
  }

  get slots(): number {
    return this.#sumOfPlaces(() => true);
  }

  get placesUp(): number {
    return this.#sumOfPlaces(({ status }) => status === 'ready');
  }

  get #ownNodes(): readonly NodeEntry[] {
    return [...this.#nodes.all.values()].filter(({ model }) => model === this.name);
  }

  #sumOfPlaces(counts: (node: NodeEntry) => boolean): number {
    return this.#ownNodes.reduce((sum, node) => sum + (counts(node) ? node.slots : 0), 0);
  }

  get changes(): Subscribable<undefined> {
    return this.#changes.subscribe;
  }

  /**
   * Resolves once the limits outlast this process.
   *
   * @throws ChatstreamError `cluster_unavailable` if that takes too long
   */
  async limitsKept(): Promise<void> {
    if (!(await this.#settings.written(keptWithinMs))) throw limitsNotKeptError(keptWithinMs);
  }

  async stop(): Promise<void> {
    this.#connection.stop();
    this.#settings.stop();
    await this.#engine.stop();
  }
}
