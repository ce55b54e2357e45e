import { type CancelTimer, type Clock, systemClock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import { contextLengthOf } from '../../gguf/memory-need.js';
import type {
  Demands,
  Engine,
  EngineInfo,
  GenerationEvent,
  GenerationSpec,
  PromptSource,
  Round,
  Token,
} from '../engine.js';
import { failedEvent } from '../failed-event.js';
import type { MockEngineOptions } from '../options.js';
import { MockGeneration } from './generation.js';
import { preparePrompt } from './prompt.js';
import { assertFormat, replyTo } from './reply.js';
import type { Decoding, Prefilling, Refused, RoundInProgress, Run } from './run.js';
import { SlotTable } from './slot-table.js';
import { detokenize, tokenize, vocabularySize } from './vocabulary.js';

/** Rounds caught up in one turn of the event loop, before others get a turn. */
const roundsPerTurn = 64;

/** Node's timers count whole milliseconds: what is due within one of them counts as due together. */
const timerResolutionMs = 1;

/**
 * An engine without a model, for tests, demonstrations and load generators: its timing is exact and its text known.
 *
 * A generation's first token comes `prefillMs` after `generate`, in a round of its own, shared by first tokens that are
 * due together. From then on it takes part in every round that begins: a round lasts `tokenMs`, gives each participant
 * one token at its end, and the next begins at once. Reaching the end of a reply takes a round, as the
 * end-of-generation token of a real model does. Sampling is ignored: there is nothing to draw from.
 *
 * Rounds are steps on a grid that begins with a first token. A timer that fires late delays its own round, none after it.
 */
export function createMockEngine(options: MockEngineOptions, clock: Clock = systemClock): Engine {
  return new MockEngine(options, clock);
}

class MockEngine implements Engine {
  readonly #options: MockEngineOptions;
  readonly #clock: Clock;
  readonly #contextLength: number;
  readonly #slots: SlotTable;
  readonly #rounds = new Emitter<Round>();
  readonly #runs = new Map<string, Run>();
  #round: RoundInProgress | null = null;
  #cancelTimer: CancelTimer | null = null;
  #stopped = false;

  constructor(options: MockEngineOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#contextLength = contextLengthOf(options.context, null);
    this.#slots = new SlotTable(options.slots);
  }

  get rounds(): Subscribable<Round> {
    return this.#rounds.subscribe;
  }

  start(): Promise<EngineInfo> {
    return Promise.resolve({
      engine: 'mock',
      modelId: 'mock',
      contextLength: this.#contextLength,
      slots: this.#options.slots,
      device: 'none',
      architecture: 'mock',
      parameters: null,
      trainedContextLength: null,
      vocabularySize,
      fileBytes: null,
    });
  }

  prepare(source: PromptSource, demands?: Demands): Promise<readonly Token[]> {
    return promiseOf(() => {
      if (demands !== undefined) assertFormat(demands.format);
      return preparePrompt(source);
    });
  }

  tokenize(text: string): Promise<readonly Token[]> {
    return promiseOf(() => tokenize(text));
  }

  detokenize(tokens: readonly Token[]): Promise<string> {
    return promiseOf(() => detokenize(tokens));
  }

  generate(spec: GenerationSpec): void {
    if (this.#stopped) return;
    this.#runs.set(spec.id, this.#begin(spec));
    this.#scheduleNext();
  }

  cancel(id: string): void {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    this.#runs.delete(id);
    if (run.phase !== 'refused') this.#slots.free(run.generation.slot);
    if (this.#decoding().length === 0) this.#round = null;
    this.#scheduleNext();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#runs.clear();
    this.#round = null;
    this.#scheduleNext();
    return Promise.resolve();
  }

  #begin(spec: GenerationSpec): Prefilling | Refused {
    const now = this.#clock.now();
    const slot = this.#slots.take();
    try {
      if (slot === null) throw new ChatstreamError('engine_failed', `All ${this.#options.slots} slots are taken.`);
      this.#assertFits(spec);
      const reply = replyTo(spec, this.#options.reply);
      const generation = new MockGeneration(spec, reply, slot, this.#contextLength);
      return { phase: 'prefilling', generation, dueMs: now + this.#options.prefillMs };
    } catch (thrown) {
      if (slot !== null) this.#slots.free(slot);
      return { phase: 'refused', failure: failedEvent(spec.id, asChatstreamError(thrown)), dueMs: now };
    }
  }

  #assertFits({ prompt }: GenerationSpec): void {
    if (prompt.length < this.#contextLength) return;
    const message = `The prompt has ${prompt.length} tokens, the context holds ${this.#contextLength} with the reply.`;
    throw new ChatstreamError('context_length_exceeded', message);
  }

  #scheduleNext(): void {
    this.#cancelTimer?.();
    const dueMs = Math.min(this.#nextBeginningMs(), this.#roundEndMs());
    this.#cancelTimer = Number.isFinite(dueMs)
      ? this.#clock.schedule(Math.max(0, Math.ceil(dueMs - this.#clock.now())), this.#onTimer)
      : null;
  }

  readonly #onTimer = (): void => {
    const now = this.#clock.now();
    for (let count = 0; count < roundsPerTurn && this.#runNext(now); count += 1);
    this.#scheduleNext();
  };

  /** @returns whether anything was due */
  #runNext(now: number): boolean {
    const beginningMs = this.#nextBeginningMs();
    const roundEndMs = this.#roundEndMs();
    if (Math.min(beginningMs, roundEndMs) > now) return false;
    // At a tie the first token comes first, so that it takes part in the round that begins then.
    if (beginningMs <= roundEndMs) this.#runFirstTokens(beginningMs, Math.min(now, roundEndMs));
    else this.#runRound();
    return true;
  }

  #runFirstTokens(dueMs: number, untilMs: number): void {
    const due = [...this.#runs.values()].filter(
      (run) => run.phase !== 'decoding' && run.dueMs <= untilMs && run.dueMs - dueMs < timerResolutionMs,
    );
    const events: GenerationEvent[] = [];
    let batchSize = 0;
    for (const run of due) {
      if (run.phase === 'decoding') continue;
      if (run.phase === 'refused') {
        this.#runs.delete(run.failure.id);
        events.push(run.failure);
        continue;
      }
      const { id, slot } = run.generation;
      this.#runs.set(id, { phase: 'decoding', generation: run.generation, firstTokenMs: run.dueMs });
      events.push({ type: 'started', id, slot, cachedTokens: 0 }, this.#advance(run.generation));
      batchSize += 1;
    }
    if (this.#round === null && this.#decoding().length > 0) this.#round = { gridStartMs: dueMs, step: 0 };
    this.#rounds.emit({ durationMs: batchSize === 0 ? 0 : this.#options.prefillMs, batchSize, events });
  }

  #runRound(): void {
    if (this.#round === null) return;
    const { gridStartMs, step } = this.#round;
    const startMs = gridStartMs + step * this.#options.tokenMs;
    const events = this.#decoding()
      .filter(({ firstTokenMs }) => firstTokenMs - startMs < timerResolutionMs)
      .map(({ generation }) => this.#advance(generation));
    this.#round = this.#decoding().length === 0 ? null : { gridStartMs, step: step + 1 };
    if (events.length > 0) this.#rounds.emit({ durationMs: this.#options.tokenMs, batchSize: events.length, events });
  }

  /** The generation's next event. One that ends leaves its slot before anyone hears of it and may want the slot. */
  #advance(generation: MockGeneration): GenerationEvent {
    const event = generation.next();
    if (event.type === 'ended') {
      this.#runs.delete(generation.id);
      this.#slots.free(generation.slot);
    }
    return event;
  }

  #decoding(): Decoding[] {
    return [...this.#runs.values()].filter((run) => run.phase === 'decoding');
  }

  #nextBeginningMs(): number {
    let earliestMs = Infinity;
    for (const run of this.#runs.values()) {
      if (run.phase !== 'decoding' && run.dueMs < earliestMs) earliestMs = run.dueMs;
    }
    return earliestMs;
  }

  #roundEndMs(): number {
    if (this.#round === null) return Infinity;
    return this.#round.gridStartMs + (this.#round.step + 1) * this.#options.tokenMs;
  }
}

/** The value as a promise, which rejects where making the value throws. */
function promiseOf<T>(make: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(make());
  });
}
