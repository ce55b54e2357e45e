import { ChatstreamError } from '../../base/errors.js';
import type { EngineInfo, EngineState, GenerationSpec, Token } from '../../engine/engine.js';
import type { SupervisedEngine } from '../../engine/process/supervised-engine.js';
import type { Executor, ExecutorStatus } from '../executor.js';
import { WarmPrompts } from './warm-prompts.js';

export interface ReplicaOptions {
  readonly name: string;
  readonly engine: SupervisedEngine;
  readonly kind: string;
  /** The engine's slots, 1 or more. */
  readonly places: number;
  /** Whether it must have a GPU, because it was given one. */
  readonly needsDevice: boolean;
}

/** One of the engines that share the work of a line, and its work. */
export class Replica implements Executor {
  readonly name: string;
  readonly engine: SupervisedEngine;
  readonly kind: string;
  readonly places: number;
  /** Whether it was given a GPU that no other replica has. */
  readonly hasOwnDevice: boolean;
  /** Its process's latest description of itself; null until it is loaded for the first time. */
  info: EngineInfo | null = null;
  readonly #generations = new Set<string>();
  readonly #warm = new WarmPrompts();

  constructor({ name, engine, kind, places, needsDevice }: ReplicaOptions) {
    this.name = name;
    this.engine = engine;
    this.kind = kind;
    this.places = places;
    this.hasOwnDevice = needsDevice;
  }

  /** @throws ChatstreamError the engine's own, or `backend_unavailable` if there is no such device as it was given */
  async start(): Promise<void> {
    const { device } = await this.engine.start();
    if (!this.hasOwnDevice || !device.startsWith('CPU')) return;
    throw new ChatstreamError(
      'backend_unavailable',
      `The device of ${this.name} was not found: it would run on the CPU.`,
      {
        hint: 'Name other --devices, or choose the backend with --gpu.',
      },
    );
  }

  get state(): EngineState {
    return this.engine.state;
  }

  get status(): ExecutorStatus {
    return this.state.status === 'ready' ? 'ready' : 'down';
  }

  get running(): number {
    return this.#generations.size;
  }

  /** How much of a prompt it may hold already, from 0 to 1. */
  knownShare(prompt: readonly Token[]): number {
    return this.#warm.knownShare(prompt);
  }

  begin(spec: GenerationSpec): void {
    this.#generations.add(spec.id);
    this.#warm.remember(spec.prompt);
    this.engine.generate(spec);
  }

  cancel(id: string): void {
    this.#generations.delete(id);
    this.engine.cancel(id);
  }

  /** A generation has ended on its own. */
  ended(id: string): void {
    this.#generations.delete(id);
  }

  /**
   * Its process has died. Its supervisor forgets the generations, because the next process need not continue with them.
   *
   * @returns their ids, in the order in which they began
   */
  lose(): readonly string[] {
    const lost = [...this.#generations];
    for (const id of lost) this.cancel(id);
    this.#warm.clear();
    return lost;
  }
}
