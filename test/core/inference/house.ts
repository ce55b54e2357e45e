import { createMockEngine } from '../../../src/core/engine/mock/mock-engine.js';
import type { MockEngineOptions } from '../../../src/core/engine/options.js';
import type { InferenceEvent, InferenceRequest } from '../../../src/core/inference/request.js';
import { Inference, type InferenceOptions } from '../../../src/core/inference/service/inference.js';
import { inProcess } from '../../support/in-process.js';
import { greedy } from '../../support/sampling.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { Client } from './client.js';
import { WatchedEngine } from './watched-engine.js';

type Settled = Extract<InferenceEvent, { type: 'settled' }>;

export interface HouseOptions
  extends Partial<InferenceOptions>, Partial<Pick<MockEngineOptions, 'reply' | 'context'>> {}

export const ordinary: Omit<InferenceRequest, 'id'> = {
  source: { type: 'text', text: 'Hello' },
  maxTokens: 4,
  sampling: greedy,
  stop: [],
  stopTokens: [],
  minTokens: 0,
  ignoreEos: false,
  format: { type: 'text' },
  thoughtTokens: null,
};

/**
 * Scheduler, inference and the mock engine in virtual time: the first token comes 20 ms after the start, each further
 * one 10 ms later. By default two requests run, three may wait, for a second, and each asks for 4 tokens.
 */
export class House {
  readonly clock = new VirtualClock();
  readonly engine: WatchedEngine;
  readonly inference: Inference;
  readonly events: InferenceEvent[] = [];

  constructor({ reply = 'long', context = 4096, ...options }: HouseOptions = {}) {
    const maxConcurrency = options.maxConcurrency ?? 2;
    const slots = options.slots ?? maxConcurrency;
    const mock = createMockEngine({ engine: 'mock', slots, context, prefillMs: 20, tokenMs: 10, reply }, this.clock);
    this.engine = new WatchedEngine(inProcess(mock), slots);
    this.inference = new Inference(
      this.engine,
      { maxQueue: 3, queueTimeoutMs: 1000, ...options, maxConcurrency, slots },
      this.clock,
    );
    this.inference.events((event) => this.events.push(event));
  }

  /** A house whose engine has started. */
  static async open(options?: HouseOptions): Promise<House> {
    const house = new House(options);
    await house.engine.start();
    return house;
  }

  get settled(): Settled[] {
    return this.events.filter((event) => event.type === 'settled');
  }

  /** The outcomes of one request: there should be one. */
  outcomesOf(id: string): string[] {
    return this.settled.flatMap((event) => (event.id === id ? [event.outcome] : []));
  }

  /** A new client, whose request is being prepared when this returns. */
  submit(id: string, request: Partial<InferenceRequest> = {}): Client {
    const client = new Client({ ...ordinary, ...request, id }, this.clock);
    client.submitTo(this.inference);
    return client;
  }

  /** New clients one after the other, each of which runs, waits or has been refused when this resolves. */
  async admit<Ids extends string[]>(...ids: Ids): Promise<{ [Index in keyof Ids]: Client }>;
  async admit(...ids: string[]): Promise<Client[]> {
    const clients: Client[] = [];
    for (const id of ids) {
      clients.push(this.submit(id));
      await this.pass(0);
    }
    return clients;
  }

  /** Advances the time, and lets everything happen that is due in it. */
  pass(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms);
  }
}
