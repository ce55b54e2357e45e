import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { asChatstreamError } from '../../base/errors.js';
import { failedEvent, type GenerationEvent, type GenerationSpec, type Round } from '../engine.js';
import type { AdmissionDesk } from './admission.js';
import { Generation } from './generation.js';
import { planRound } from './prefill-plan.js';

type Command =
  { readonly kind: 'generate'; readonly spec: GenerationSpec } | { readonly kind: 'cancel'; readonly id: string };

/**
 * Advances all running generations together. One round asks each of them for its next token, or for the next piece of
 * its prefill, and waits for all; only so do they share a batch (docs/architecture.md). Whatever changes who is running,
 * or touches a KV cache, happens between rounds.
 */
export class RoundLoop {
  readonly #desk: AdmissionDesk;
  readonly #prefillChunk: number;
  readonly #clock: Clock;
  readonly #rounds = new Emitter<Round>();
  readonly #commands: Command[] = [];
  /** By slot, as the batch is to have them. */
  #running: Generation[] = [];
  /** Events that no round made; they go out with the next one. */
  #pending: GenerationEvent[] = [];
  /** Cancelled during this round: what it does to them is not reported. */
  readonly #silenced = new Set<string>();
  #isStopping = false;
  #wake: (() => void) | null = null;
  readonly #finished: Promise<void>;

  constructor(desk: AdmissionDesk, prefillChunk: number, clock: Clock) {
    this.#desk = desk;
    this.#prefillChunk = prefillChunk;
    this.#clock = clock;
    this.#finished = this.#run();
  }

  get rounds(): Subscribable<Round> {
    return this.#rounds.subscribe;
  }

  generate(spec: GenerationSpec): void {
    this.#command({ kind: 'generate', spec });
  }

  cancel(id: string): void {
    this.#silenced.add(id);
    this.#command({ kind: 'cancel', id });
  }

  /** Ends everything after the current round. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    await this.#finished;
  }

  #command(command: Command): void {
    this.#commands.push(command);
    this.#wake?.();
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#applyCommands();
      if (this.#isStopping) break;
      if (this.#running.length > 0 || this.#pending.length > 0) await this.#round();
      else await this.#sleep();
    }
    for (const generation of this.#running) await this.#desk.release(generation);
  }

  async #applyCommands(): Promise<void> {
    for (let command = this.#commands.shift(); command !== undefined; command = this.#commands.shift()) {
      switch (command.kind) {
        case 'generate':
          await this.#admit(command.spec);
          break;
        case 'cancel':
          await this.#cancel(command.id);
          break;
      }
    }
  }

  async #admit(spec: GenerationSpec): Promise<void> {
    try {
      const admission = await this.#desk.admit(spec);
      if (admission instanceof Generation) {
        this.#running.push(admission);
        this.#running.sort((a, b) => a.slot.index - b.slot.index);
      } else {
        this.#pending.push(admission);
      }
    } catch (error) {
      this.#pending.push(failedEvent(spec.id, asChatstreamError(error, 'engine_failed')));
    }
  }

  async #cancel(id: string): Promise<void> {
    this.#silenced.delete(id);
    this.#pending = this.#pending.filter((event) => event.id !== id);
    await this.#release((generation) => generation.id === id);
  }

  async #round(): Promise<void> {
    const startedAt = this.#clock.now();
    const members = planRound(this.#running, this.#prefillChunk);
    const events = this.#pending;
    this.#pending = [];
    await Promise.all(members.map((generation) => generation.step(events)));

    const reported = this.#silenced.size === 0 ? events : events.filter(({ id }) => !this.#silenced.has(id));
    this.#rounds.emit({
      durationMs: this.#clock.now() - startedAt,
      batchSize: members.length,
      events: reported,
    });
    await this.#release((generation) => generation.isOver);
    // Lets the library's dispatcher go to sleep, which otherwise might take the first of the next round's tokens for a
    // batch of its own; and lets messages in, so that a request that came during the round is part of the next.
    await nextTurn();
  }

  async #release(isMeant: (generation: Generation) => boolean): Promise<void> {
    const leaving = this.#running.filter(isMeant);
    if (leaving.length === 0) return;
    this.#running = this.#running.filter((generation) => !isMeant(generation));
    for (const generation of leaving) await this.#desk.release(generation);
  }

  async #sleep(): Promise<void> {
    if (this.#commands.length > 0) return;
    await new Promise<void>((wake) => {
      this.#wake = wake;
    });
    this.#wake = null;
  }
}
