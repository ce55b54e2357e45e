import { Emitter, type Subscribable } from '../../src/core/base/emitter.js';
import type { ErrorCode } from '../../src/core/base/errors.js';
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
} from '../../src/core/engine/engine.js';
import type { TokenSpelling } from '../../src/core/engine/token-spelling.js';
import { engineInfoOf } from './engine-info.js';

/**
 * An engine that emits what a test tells it to, round by round, for every generation that it has and that was not
 * cancelled.
 */
export class ScriptedEngine implements ServingEngine {
  /** What it was asked to generate. */
  readonly specs: GenerationSpec[] = [];
  readonly #info: EngineInfo;
  readonly #rounds = new Emitter<Round>();
  readonly #states = new Emitter<EngineState>();
  readonly #generations = new Set<string>();
  #state: EngineState = { status: 'starting' };

  constructor(changes: Partial<EngineInfo> = {}) {
    this.#info = engineInfoOf({ modelId: 'scripted', ...changes });
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

  start(): Promise<EngineInfo> {
    this.become({ status: 'ready', info: this.#info });
    return Promise.resolve(this.#info);
  }

  prepare(_source: PromptSource, demands?: Demands): Promise<Prepared> {
    return Promise.resolve({ prompt: [1, 2, 3], format: demands?.format ?? { type: 'text' }, isThinking: false });
  }

  tokenize(): Promise<readonly Token[]> {
    return Promise.resolve([]);
  }

  detokenize(): Promise<string> {
    return Promise.resolve('');
  }

  spell(): Promise<readonly TokenSpelling[]> {
    return Promise.resolve([]);
  }

  generate(spec: GenerationSpec): void {
    this.specs.push(spec);
    this.#generations.add(spec.id);
  }

  cancel(id: string): void {
    this.#generations.delete(id);
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  become(state: EngineState): void {
    this.#state = state;
    this.#states.emit(state);
  }

  restart(attempt: number): void {
    this.become({ status: 'restarting', attempt, reason: 'It crashed.' });
    this.become({ status: 'ready', info: this.#info });
  }

  begin(cachedTokens = 0): void {
    this.#emit((id) => ({ type: 'started', id, slot: 0, cachedTokens }));
  }

  beginOne(id: string, slot: number): void {
    this.#rounds.emit({ durationMs: 10, batchSize: 1, events: [{ type: 'started', id, slot, cachedTokens: 0 }] });
  }

  /** A round that has read prompts up to so many tokens and not to their end. */
  read(tokens: number): void {
    const prefills = [...this.#generations].map((id) => ({ id, tokens }));
    this.#rounds.emit({ durationMs: 10, batchSize: prefills.length, events: [], prefills });
  }

  say(text: string): void {
    this.#emit((id) => ({ type: 'token', id, token: 1, text }));
  }

  end(text = ''): void {
    this.#emit((id) => ({ type: 'ended', id, reason: 'stop', token: 1, text }));
    this.#generations.clear();
  }

  fail(code: ErrorCode, message: string): void {
    this.#emit((id) => ({ type: 'failed', id, code, message }));
    this.#generations.clear();
  }

  #emit(eventFor: (id: string) => GenerationEvent): void {
    const events = [...this.#generations].map(eventFor);
    this.#rounds.emit({ durationMs: 10, batchSize: events.length, events });
  }
}
