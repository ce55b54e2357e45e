import { Emitter, type Subscribable } from '../../base/emitter.js';
import type { ChatstreamError } from '../../base/errors.js';
import { type EngineState, failedEvent, type GenerationEvent, type Round } from '../engine.js';
import type { EngineHang } from './supervised-engine.js';

/**
 * What an engine reports about itself, whichever process it runs in: its state, its rounds, and that a process hangs.
 */
export class EngineReports {
  readonly #rounds = new Emitter<Round>();
  readonly #states = new Emitter<EngineState>();
  readonly #hangs = new Emitter<EngineHang>();
  readonly rounds: Subscribable<Round> = this.#rounds.subscribe;
  readonly states: Subscribable<EngineState> = this.#states.subscribe;
  readonly hangs: Subscribable<EngineHang> = this.#hangs.subscribe;
  /** Refused generations, until the event that reports it is emitted. */
  readonly #refused = new Set<string>();
  #state: EngineState = { status: 'starting' };

  get state(): EngineState {
    return this.#state;
  }

  changeTo(state: EngineState): void {
    this.#state = state;
    this.#states.emit(state);
  }

  hang(hang: EngineHang): void {
    this.#hangs.emit(hang);
  }

  round(round: Round): void {
    this.#rounds.emit(round);
  }

  /** Events that come from no process, if there are any. */
  events(events: readonly GenerationEvent[]): void {
    if (events.length > 0) this.round({ durationMs: 0, batchSize: 0, events });
  }

  /** In a microtask, because an event emitted by `generate` itself would come before the caller expects one. */
  refusal(id: string, error: ChatstreamError): void {
    this.#refused.add(id);
    queueMicrotask(() => {
      if (!this.#refused.delete(id)) return;
      this.events([failedEvent(id, error)]);
    });
  }

  /** The caller is no longer interested in a generation that may have been refused. */
  withdraw(id: string): void {
    this.#refused.delete(id);
  }

  withdrawAll(): void {
    this.#refused.clear();
  }
}
