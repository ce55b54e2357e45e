import { type Clock, systemClock } from '../../../../src/core/base/clock.js';
import type {
  Engine,
  EngineInfo,
  GenerationEvent,
  GenerationSpec,
  Round,
  Token,
} from '../../../../src/core/engine/engine.js';
import { createLlamaEngine } from '../../../../src/core/engine/llama/llama-engine.js';
import type { LlamaEngineOptions } from '../../../../src/core/engine/options.js';
import { syntheticModel, type SyntheticModelOptions } from '../../../support/gguf/index.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { greedy } from '../../../support/sampling.js';

type Ended = Extract<GenerationEvent, { type: 'ended' | 'failed' }>;

/** The result of one generation. */
export interface Outcome {
  readonly started: Extract<GenerationEvent, { type: 'started' }> | undefined;
  readonly tokens: readonly Token[];
  readonly text: string;
  readonly end: Ended;
}

/** A real engine with a tiny model, and everything it reports. */
export class EngineHarness {
  readonly rounds: Round[] = [];
  readonly batches: number[] = [];
  /** How many of the next batches will fail inside the library. */
  failingBatches = 0;
  readonly engine: Engine;
  info: EngineInfo | undefined;
  #nextId = 1;

  private constructor(options: LlamaEngineOptions, clock: Clock) {
    this.engine = createLlamaEngine(options, {
      clock,
      onBatch: (batchSize) => {
        this.batches.push(batchSize);
        // Thrown while the library plans a batch, so that its evaluation rejects.
        if (this.failingBatches-- > 0) throw new Error('no such luck');
      },
    });
    this.engine.rounds((round) => this.rounds.push(round));
  }

  static async start(
    options: Partial<LlamaEngineOptions> = {},
    model: Partial<SyntheticModelOptions> = {},
    clock: Clock = systemClock,
  ): Promise<EngineHarness> {
    return await EngineHarness.load(await syntheticModel(model), options, clock);
  }

  /** With the model of a file. */
  static async load(
    modelPath: string,
    options: Partial<LlamaEngineOptions> = {},
    clock: Clock = systemClock,
  ): Promise<EngineHarness> {
    const harness = new EngineHarness(llamaOptions(modelPath, options), clock);
    harness.info = await harness.engine.start();
    return harness;
  }

  /** Prompts of different seeds have nothing in common, not even their first token. */
  prompt(length: number, seed = 0): Token[] {
    return Array.from({ length }, (_, position) => 33 + ((seed * 7 + position * 5 + position * position) % 90));
  }

  spec(changes: Partial<GenerationSpec> = {}): GenerationSpec {
    return {
      id: `g${this.#nextId++}`,
      prompt: this.prompt(8),
      maxTokens: 12,
      sampling: greedy,
      stop: [],
      stopTokens: [],
      minTokens: 0,
      ignoreEos: true,
      format: { type: 'text' },
      marks: [],
      thoughtLimit: null,
      resumeAfter: [],
      ...changes,
    };
  }

  /** Starts generations together and waits until all have ended. */
  async run(...specs: readonly GenerationSpec[]): Promise<Outcome[]> {
    const ends = specs.map((spec) => this.end(spec.id));
    const from = this.rounds.length;
    for (const spec of specs) this.engine.generate(spec);
    await Promise.all(ends);
    return specs.map((spec) => this.outcome(spec.id, from));
  }

  async runOne(changes: Partial<GenerationSpec> = {}): Promise<Outcome> {
    const [outcome] = await this.run(this.spec(changes));
    if (outcome === undefined) throw new Error('unreachable');
    return outcome;
  }

  /** Waits until a round has an event of one of these types for this generation. */
  async event<T extends GenerationEvent['type']>(
    id: string,
    ...types: T[]
  ): Promise<Extract<GenerationEvent, { type: T }>> {
    return await new Promise((resolve) => {
      const stopListening = this.engine.rounds(({ events }) => {
        for (const event of events) {
          if (event.id !== id || !isOneOf(event, types)) continue;
          stopListening();
          resolve(event);
        }
      });
    });
  }

  async end(id: string): Promise<Ended> {
    return await this.event(id, 'ended', 'failed');
  }

  events(id: string, fromRound = 0): GenerationEvent[] {
    return this.rounds.slice(fromRound).flatMap(({ events }) => events.filter((event) => event.id === id));
  }

  outcome(id: string, fromRound = 0): Outcome {
    const events = this.events(id, fromRound);
    const end = events.at(-1);
    if (end?.type !== 'ended' && end?.type !== 'failed') throw new Error(`${id} has not ended`);
    return {
      started: events.find((event) => event.type === 'started'),
      tokens: events.flatMap((event) => ('token' in event && event.token !== null ? [event.token] : [])),
      text: events.map((event) => ('text' in event ? event.text : '')).join(''),
      end,
    };
  }

  async stop(): Promise<void> {
    await this.engine.stop();
  }
}

function isOneOf<T extends GenerationEvent['type']>(
  event: GenerationEvent,
  types: readonly T[],
): event is Extract<GenerationEvent, { type: T }> {
  return types.some((type) => type === event.type);
}
