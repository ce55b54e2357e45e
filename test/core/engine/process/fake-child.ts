import { ChatstreamError } from '../../../../src/core/base/errors.js';
import type { Subscribable } from '../../../../src/core/base/emitter.js';
import type {
  Engine,
  EngineInfo,
  GenerationSpec,
  PromptSource,
  Round,
  Token,
} from '../../../../src/core/engine/engine.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import type { EngineChild } from '../../../../src/core/engine/process/engine-child.js';
import type { EngineExit } from '../../../../src/core/engine/process/engine-exit.js';
import type { VirtualClock } from '../../../support/virtual-clock.js';
import { mockOptions } from '../mock/mock-harness.js';

/** A mock engine in virtual time that dies like a process, but whose late rounds still arrive afterwards. */
export class FakeChild implements EngineChild {
  readonly pid: number;
  readonly exited: Promise<EngineExit>;
  alive = true;
  /** Set before its calls: they stay unanswered, as with a process that is busy dying. */
  mute = false;
  readonly #engine: Engine;
  readonly #startError: ChatstreamError | undefined;
  #exit: (exit: EngineExit) => void = () => undefined;

  constructor(pid: number, clock: VirtualClock, startError?: ChatstreamError) {
    this.pid = pid;
    this.#engine = createMockEngine(mockOptions, clock);
    this.#startError = startError;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  get rounds(): Subscribable<Round> {
    return this.#engine.rounds;
  }

  die(signal: NodeJS.Signals = 'SIGSEGV'): void {
    this.alive = false;
    this.#exit({ code: null, signal, lastLines: [], spawnError: null });
  }

  start(): Promise<EngineInfo> {
    return this.#startError === undefined ? this.#engine.start() : Promise.reject(this.#startError);
  }

  prepare(source: PromptSource): Promise<readonly Token[]> {
    return this.mute ? this.#dying() : this.#engine.prepare(source);
  }

  tokenize(text: string): Promise<readonly Token[]> {
    return this.mute ? this.#dying() : this.#engine.tokenize(text);
  }

  detokenize(tokens: readonly Token[]): Promise<string> {
    return this.mute ? this.#dying() : this.#engine.detokenize(tokens);
  }

  generate(spec: GenerationSpec): void {
    this.#engine.generate(spec);
  }

  cancel(id: string): void {
    this.#engine.cancel(id);
  }

  kill(): void {
    this.die('SIGKILL');
  }

  stop(): Promise<void> {
    this.die('SIGTERM');
    return Promise.resolve();
  }

  async #dying(): Promise<never> {
    await this.exited;
    throw new ChatstreamError('engine_failed', 'The engine process crashed.');
  }
}
