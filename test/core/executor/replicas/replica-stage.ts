import type { GenerationSpec } from '../../../../src/core/engine/engine.js';
import type { EngineChild } from '../../../../src/core/engine/process/engine-child.js';
import { Supervisor } from '../../../../src/core/engine/process/supervisor.js';
import { Replica } from '../../../../src/core/executor/replicas/replica.js';
import { ReplicaSet } from '../../../../src/core/executor/replicas/replica-set.js';
import type { InferenceRequest } from '../../../../src/core/inference/request.js';
import { Inference, type InferenceOptions } from '../../../../src/core/inference/service/inference.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { FakeChild } from '../../engine/process/fake-child.js';
import { Client } from '../../inference/client.js';
import { ordinary } from '../../inference/house.js';

/** A process that records what it is given, and what it should not have been given. */
class WatchedChild extends FakeChild {
  readonly begun: string[] = [];
  readonly faults: string[] = [];
  readonly #live = new Set<string>();
  readonly #places: number;

  constructor(pid: number, places: number, clock: VirtualClock) {
    super(pid, clock);
    this.#places = places;
    this.rounds(({ events }) => {
      for (const { type, id } of events) if (type === 'ended' || type === 'failed') this.#live.delete(id);
    });
  }

  override generate(spec: GenerationSpec): void {
    if (!this.alive) this.faults.push(`${spec.id} was given to a dead process`);
    this.#live.add(spec.id);
    if (this.#live.size > this.#places) this.faults.push(`${spec.id} is one more than there are places`);
    this.begun.push(spec.id);
    super.generate(spec);
  }

  override cancel(id: string): void {
    this.#live.delete(id);
    super.cancel(id);
  }
}

export interface StageOptions extends Partial<InferenceOptions> {
  /** Of each replica; two with two each by default. */
  readonly places?: readonly number[];
}

/** Inference over several engines in virtual time: the first token comes after 20 ms, each further one 10 ms later. */
export class ReplicaStage {
  readonly clock = new VirtualClock();
  readonly set: ReplicaSet;
  readonly inference: Inference;
  /** The processes of each replica; the last is the current one. */
  readonly #children: WatchedChild[][] = [];

  private constructor({ places = [2, 2], ...options }: StageOptions) {
    const [first, ...others] = places.map((count, index) => this.#replica(count, index));
    if (first === undefined) throw new Error('There are no places.');
    this.set = new ReplicaSet([first, ...others]);
    const slots = places.reduce((sum, count) => sum + count, 0);
    const limits = { maxConcurrency: slots, maxQueue: 100, queueTimeoutMs: 0, slots };
    this.inference = new Inference(this.set, { ...limits, ...options, replicas: this.set }, this.clock);
  }

  static async open(options: StageOptions = {}): Promise<ReplicaStage> {
    const stage = new ReplicaStage(options);
    await stage.set.start();
    return stage;
  }

  get faults(): readonly string[] {
    return this.#children.flat().flatMap(({ faults }) => faults);
  }

  /** The current process of a replica. */
  child(index: number): WatchedChild {
    const child = this.#children[index % this.#children.length]?.at(-1);
    if (child === undefined) throw new Error(`Replica ${index} has no process.`);
    return child;
  }

  /** `name running/places status` of each replica. */
  get executors(): readonly string[] {
    return this.inference.executors.map(
      ({ name, running, places, status }) => `${name} ${running}/${places} ${status}`,
    );
  }

  /** A new client, whose request is being prepared when this returns. */
  submit(id: string, request: Partial<InferenceRequest> = {}): Client {
    const client = new Client({ ...ordinary, ...request, id }, this.clock);
    client.submitTo(this.inference);
    return client;
  }

  /** Clients one after the other, each of which runs or waits when this resolves. */
  async admit(ids: readonly string[], request: Partial<InferenceRequest> = {}): Promise<readonly Client[]> {
    const clients: Client[] = [];
    for (const id of ids) {
      clients.push(this.submit(id, request));
      await this.pass(0);
    }
    return clients;
  }

  /** The current process of a replica ends, and everybody has noticed when this resolves. */
  async kill(index: number): Promise<void> {
    this.child(index).die();
    await this.pass(0);
  }

  pass(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms);
  }

  #replica(places: number, index: number): Replica {
    const children: WatchedChild[] = [];
    this.#children.push(children);
    const launch = (): EngineChild => {
      const child = new WatchedChild(100 * index + children.length, places, this.clock);
      children.push(child);
      return child;
    };
    const hangLimits = { silenceMs: 60_000, roundMs: () => 120_000 };
    const name = `local-${index + 1}`;
    const engine = new Supervisor(
      { role: 'engine', executor: name, launch, hangLimits, tenacity: 'gives_up' },
      this.clock,
    );
    return new Replica({ name, engine, kind: 'mock', places, needsDevice: false });
  }
}

/** What the mock says in that many tokens. */
export function countedTo(tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => index + 1).join(' ');
}
