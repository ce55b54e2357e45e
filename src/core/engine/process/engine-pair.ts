import { Emitter, type Subscribable } from '../../base/emitter.js';
import type {
  Demands,
  EngineInfo,
  EngineState,
  GenerationSpec,
  Prepared,
  PromptSource,
  Round,
  Token,
} from '../engine.js';
import type { TokenSpelling } from '../token-spelling.js';
import type { TokenizeOptions } from '../tokenize-options.js';
import type { SupervisedEngine } from './supervised-engine.js';

/** From the best to the worst. A pair with a part that has never been ready is still starting. */
const severity = {
  ready: 0,
  restarting: 1,
  starting: 2,
  failed: 3,
  stopped: 4,
} as const satisfies Record<EngineState['status'], number>;

/**
 * An engine that generates in one process and prepares prompts in another, so that nothing in a request can delay a
 * round or end the generations of others. Generations continue while the other process restarts; only `prepare`, `tokenize`,
 * `detokenize` and `spell` wait for it then.
 *
 * The state of the pair is that of the part which is worse off. `ready` comes with the description of the model by the
 * process that generates, and what the other one says about chats.
 */
export class EnginePair implements SupervisedEngine {
  readonly processes: SupervisedEngine['processes'];
  readonly #engine: SupervisedEngine;
  readonly #prompts: SupervisedEngine;
  readonly #states = new Emitter<EngineState>();
  /** The last change of the device that the current engine process has reported. */
  #device: string | null = null;
  #state: EngineState = { status: 'starting' };

  constructor(engine: SupervisedEngine, prompts: SupervisedEngine) {
    this.#engine = engine;
    this.#prompts = prompts;
    this.processes = [...engine.processes, ...prompts.processes];
    engine.rounds(({ device }) => {
      this.#device = device ?? this.#device;
    });
    engine.states(() => {
      this.#device = null;
    });
    for (const part of [engine, prompts]) {
      part.states((state) => {
        this.#follow(state);
      });
    }
  }

  get state(): EngineState {
    return this.#state;
  }

  get states(): Subscribable<EngineState> {
    return this.#states.subscribe;
  }

  get rounds(): Subscribable<Round> {
    return this.#engine.rounds;
  }

  /** Both load at the same time. If one cannot, the other is stopped. */
  async start(): Promise<EngineInfo> {
    try {
      const [info, prompts] = await Promise.all([this.#engine.start(), this.#prompts.start()]);
      return together(info, prompts);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return this.#prompts.prepare(source, demands, signal);
  }

  tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    return this.#prompts.tokenize(text, options, signal);
  }

  detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return this.#prompts.detokenize(tokens, signal);
  }

  spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    return this.#prompts.spell(tokens, signal);
  }

  generate(spec: GenerationSpec): void {
    this.#engine.generate(spec);
  }

  cancel(id: string): void {
    this.#engine.cancel(id);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#engine.stop(), this.#prompts.stop()]);
  }

  /** @param changed the new state of one part. Its restart is reported although the other part may be restarting too. */
  #follow(changed: EngineState): void {
    const previous = this.#state;
    const next = this.#worse(changed);
    this.#state = next;
    const isAnotherRestart = next.status === 'restarting' && next === changed;
    if (next.status !== previous.status || isAnotherRestart) this.#states.emit(next);
  }

  #worse(changed: EngineState): EngineState {
    const [engine, prompts] = [this.#engine.state, this.#prompts.state];
    const difference = severity[engine.status] - severity[prompts.status];
    if (difference > 0) return engine;
    if (difference < 0) return prompts.status === 'failed' ? { ...prompts, generates: true } : prompts;
    if (engine.status !== 'ready' || prompts.status !== 'ready') return changed;
    const device = this.#device ?? engine.info.device;
    return { status: 'ready', info: { ...together(engine.info, prompts.info), device } };
  }
}

/** What the process for prompts knows better, and the warnings of both. */
function together(engine: EngineInfo, { warnings, chatStop, chatTemplate }: EngineInfo): EngineInfo {
  return { ...engine, warnings: [...engine.warnings, ...warnings], chatStop, chatTemplate };
}
