import { Emitter, type Subscribable } from '../../../../src/core/base/emitter.js';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import type {
  Demands,
  Engine,
  EngineInfo,
  GenerationSpec,
  Prepared,
  PromptSource,
  Round,
  Token,
} from '../../../../src/core/engine/engine.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import type { EngineChild, EngineExit } from '../../../../src/core/engine/process/engine-child.js';
import type { ProcessRole } from '../../../../src/core/engine/process-role.js';
import type { TokenSpelling } from '../../../../src/core/engine/token-spelling.js';
import type { VirtualClock } from '../../../support/virtual-clock.js';
import { mockOptions } from '../mock/mock-harness.js';

/** A mock engine in virtual time that dies like a process, but whose late rounds still arrive. */
export class FakeChild implements EngineChild {
  role: ProcessRole = 'engine';
  readonly pid: number;
  readonly exited: Promise<EngineExit>;
  alive = true;
  /** Whether calls stay unanswered, as with a process that is about to die. */
  mute = false;
  /** Dies while it works on a prompt that is this text. */
  poison: string | null = null;
  /** The texts that it was asked to prepare, and those that it was told to drop, as `drop TEXT`. */
  readonly asked: string[] = [];
  /** Whether rounds no longer end, while calls are still answered. */
  stuck = false;
  /** Whether kills do nothing, as if the kernel itself waited for a device. */
  undying = false;
  readonly #engine: Engine;
  readonly #clock: VirtualClock;
  readonly #rounds = new Emitter<Round>();
  /** The time from which nothing arrives. */
  #stoppedMs = Infinity;
  readonly #startError: ChatstreamError | undefined;
  /** Whether it crashes while it starts. */
  crashesAtStart = false;
  #exit: (exit: EngineExit) => void = () => undefined;

  constructor(pid: number, clock: VirtualClock, startError?: ChatstreamError) {
    this.pid = pid;
    this.#clock = clock;
    this.#engine = createMockEngine(mockOptions, clock);
    this.#engine.rounds((round) => {
      if (!this.stuck) this.#rounds.emit(round);
    });
    this.#startError = startError;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  get rounds(): Subscribable<Round> {
    return this.#rounds.subscribe;
  }

  /** One per second, as from a real process. */
  get messages(): number {
    return Math.floor(Math.min(this.#clock.now(), this.#stoppedMs) / 1000);
  }

  /** As SIGSTOP would. */
  stopSilently(): void {
    this.#stoppedMs = this.#clock.now();
    this.stuck = true;
  }

  die(signal: NodeJS.Signals = 'SIGSEGV'): void {
    this.alive = false;
    this.#exit({ code: null, signal, lastLines: [], spawnError: null });
  }

  start(): Promise<EngineInfo> {
    if (this.crashesAtStart) {
      this.die('SIGABRT');
      return this.#dying();
    }
    return this.#startError === undefined ? this.#engine.start() : Promise.reject(this.#startError);
  }

  async prepare(source: PromptSource, _demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    const text = source.type === 'text' ? source.text : source.type;
    this.asked.push(text);
    signal?.addEventListener('abort', () => this.asked.push(`drop ${text}`), { once: true });
    if (this.mute) return await this.#dying();
    if (text !== this.poison) return await this.#engine.prepare(source);
    await Promise.resolve();
    this.die();
    return await this.#dying();
  }

  tokenize(text: string): Promise<readonly Token[]> {
    return this.mute ? this.#dying() : this.#engine.tokenize(text);
  }

  detokenize(tokens: readonly Token[]): Promise<string> {
    return this.mute ? this.#dying() : this.#engine.detokenize(tokens);
  }

  spell(tokens: readonly Token[]): Promise<readonly TokenSpelling[]> {
    return this.mute ? this.#dying() : this.#engine.spell(tokens);
  }

  generate(spec: GenerationSpec): void {
    this.#engine.generate(spec);
  }

  cancel(id: string): void {
    this.#engine.cancel(id);
  }

  kill(): void {
    if (!this.undying) this.die('SIGKILL');
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
