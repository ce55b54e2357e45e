import { Emitter } from '../../../src/core/base/emitter.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';
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
} from '../../../src/core/engine/engine.js';
import type { TokenSpelling } from '../../../src/core/engine/token-spelling.js';

/** An engine that records its calls, checks its caller's duties, can delay prompts, and can break down. */
export class WatchedEngine implements ServingEngine {
  /** `prepare`, `generate a`, `cancel a`: in the order of the calls. */
  readonly calls: string[] = [];
  /** Generations begun and not ended. */
  readonly live = new Set<string>();
  readonly #inner: ServingEngine;
  readonly #slots: number;
  readonly #rounds = new Emitter<Round>();
  readonly #states = new Emitter<EngineState>();
  #brokenState: EngineState | null = null;
  #gate: Promise<void> = Promise.resolve();

  constructor(inner: ServingEngine, slots: number) {
    this.#inner = inner;
    this.#slots = slots;
    inner.rounds((round) => {
      this.#report(round);
    });
    inner.states((state) => {
      this.#states.emit(state);
    });
  }

  get rounds(): ServingEngine['rounds'] {
    return this.#rounds.subscribe;
  }

  get states(): ServingEngine['states'] {
    return this.#states.subscribe;
  }

  get state(): EngineState {
    return this.#brokenState ?? this.#inner.state;
  }

  start(): Promise<EngineInfo> {
    return this.#inner.start();
  }

  async prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    this.calls.push('prepare');
    signal?.addEventListener('abort', () => this.calls.push('drop'), { once: true });
    await this.#gate;
    this.#assertWorking();
    const prepared = await this.#inner.prepare(source);
    // Unchecked, so that a test can have a generation that cannot begin.
    return { ...prepared, format: demands?.format ?? prepared.format };
  }

  async tokenize(text: string): Promise<readonly Token[]> {
    await this.#gate;
    return this.#inner.tokenize(text);
  }

  async detokenize(tokens: readonly Token[]): Promise<string> {
    await this.#gate;
    return this.#inner.detokenize(tokens);
  }

  async spell(tokens: readonly Token[]): Promise<readonly TokenSpelling[]> {
    await this.#gate;
    return this.#inner.spell(tokens);
  }

  generate(spec: GenerationSpec): void {
    this.calls.push(`generate ${spec.id}`);
    if (this.live.has(spec.id)) throw new Error(`${spec.id} runs already.`);
    if (this.live.size === this.#slots) throw new Error(`${spec.id} is one more than there are slots.`);
    this.live.add(spec.id);
    if (this.#brokenState === null) this.#inner.generate(spec);
    else
      queueMicrotask(() => {
        this.#failLive('The engine is down.');
      });
  }

  cancel(id: string): void {
    this.calls.push(`cancel ${id}`);
    this.live.delete(id);
    this.#inner.cancel(id);
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  /** From now on prompts are not prepared until the returned function is called. */
  dawdle(): () => void {
    let open: () => void = () => undefined;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  /** Dies and is not restarted. */
  breakDown(): void {
    this.#brokenState = { status: 'failed', reason: 'out of luck' };
    this.#states.emit(this.#brokenState);
    for (const id of this.live) this.#inner.cancel(id);
    this.#failLive('The engine is down: out of luck');
  }

  /** Dies, but will be back. */
  beginRestart(): void {
    this.#brokenState = { status: 'restarting', attempt: 1, reason: 'a hiccup' };
    this.#states.emit(this.#brokenState);
  }

  recover(): void {
    this.#brokenState = null;
    this.#states.emit(this.#inner.state);
  }

  #failLive(message: string): void {
    const events = [...this.live].map((id): GenerationEvent => ({
      type: 'failed',
      id,
      code: 'engine_unavailable',
      message,
    }));
    if (events.length > 0) this.#report({ durationMs: 0, batchSize: 0, events });
  }

  #report(round: Round): void {
    for (const event of round.events) {
      if (event.type === 'ended' || event.type === 'failed') this.live.delete(event.id);
    }
    this.#rounds.emit(round);
  }

  #assertWorking(): void {
    if (this.#brokenState?.status === 'failed') throw new ChatstreamError('engine_unavailable', 'The engine is down.');
  }
}
