import { decodeVector } from '../../../../src/core/engine/embedding.js';
import type { EmbeddingInput } from '../../../../src/core/engine/embeddings-info.js';
import type {
  Engine,
  EngineInfo,
  GenerationEvent,
  GenerationSpec,
  Prepared,
} from '../../../../src/core/engine/engine.js';
import { createLlamaEmbeddingEngine } from '../../../../src/core/engine/llama/embedding-engine.js';
import type { LlamaEngineOptions } from '../../../../src/core/engine/options.js';
import { syntheticModel, type SyntheticModelOptions } from '../../../support/gguf/index.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { greedy } from '../../../support/sampling.js';

/** A real engine with a tiny model, and everything it reports. */
export class EmbeddingHarness {
  readonly events: GenerationEvent[] = [];

  private constructor(
    readonly engine: Engine,
    readonly info: EngineInfo,
  ) {
    engine.rounds((round) => this.events.push(...round.events));
  }

  static async start(
    options: Partial<LlamaEngineOptions> = {},
    model: Partial<SyntheticModelOptions> = {},
  ): Promise<EmbeddingHarness> {
    return await EmbeddingHarness.load(await syntheticModel(model), options);
  }

  /** With the model of a file. */
  static async load(path: string, options: Partial<LlamaEngineOptions> = {}): Promise<EmbeddingHarness> {
    const engine = createLlamaEmbeddingEngine(llamaOptions(path, { embeddings: true, ...options }));
    return new EmbeddingHarness(engine, await engine.start());
  }

  prepare(...inputs: readonly EmbeddingInput[]): Promise<Prepared> {
    return this.engine.prepare({ type: 'inputs', inputs });
  }

  async spec(id: string, ...inputs: readonly EmbeddingInput[]): Promise<GenerationSpec> {
    const { prompt, format, inputLengths = [] } = await this.prepare(...inputs);
    const unused = { maxTokens: 1, minTokens: 0, sampling: greedy, stop: [], stopTokens: [], ignoreEos: false };
    return { id, prompt, format, inputLengths, ...unused, marks: [], thoughtLimit: null, resumeAfter: [] };
  }

  ended(id: string): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.engine.rounds(({ events }) => {
        if (!events.some((event) => event.id === id && (event.type === 'ended' || event.type === 'failed'))) return;
        stop();
        resolve();
      });
    });
  }

  async vectors(...inputs: readonly EmbeddingInput[]): Promise<readonly Float32Array[]> {
    const id = `r${this.events.length}`;
    const ended = this.ended(id);
    this.engine.generate(await this.spec(id, ...inputs));
    await ended;
    return this.events.flatMap((event) =>
      event.type === 'embedded' && event.id === id ? [decodeVector(event.vector)] : [],
    );
  }
}

/** Of the angle between two vectors of length 1. */
export function cosine(a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
