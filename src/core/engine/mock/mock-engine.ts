import { type CancelTimer, type Clock, systemClock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import { contextLengthError } from '../../base/refusals/refusals.js';
import { contextLengthOf } from '../../gguf/memory-need.js';
import {
  type Demands,
  type Engine,
  type EngineInfo,
  failedEvent,
  type GenerationEvent,
  type GenerationSpec,
  type Prepared,
  type PromptSource,
  type Round,
  type Token,
} from '../engine.js';
import type { MockEngineOptions } from '../options.js';
import type { TokenSpelling } from '../token-spelling.js';
import { embeddingEvents, mockDimensions, prepareInputs } from './embedding.js';
import {
  type Decoding,
  type Embedding,
  type GenerationState,
  MockGeneration,
  type Prefilling,
  type Refused,
  SlotTable,
} from './generation.js';
import { preparePrompt } from './prompt.js';
import { assertFormat, replyTo } from './reply.js';
import { detokenize, tokenize, vocabularySize } from './vocabulary.js';

/**
 * The maximum number of rounds that one iteration of the event loop catches up on, so that other work gets its turn.
 */
const roundsPerTick = 64;

/** Node's timers count whole milliseconds: everything that is due within the same one is due together. */
const timerResolutionMs = 1;

/** The current round is a step on the grid that began at `gridStartMs`: multiples do not drift as sums would. */
interface RoundInProgress {
  readonly gridStartMs: number;
  readonly step: number;
}

/**
 * An engine without a model, for tests, demonstrations and load generators: its timing is exact and its text predictable.
 *
 * The first token of a generation comes `prefillMs` after `generate`, in a round of its own, shared by first tokens that
 * are due together. From then on the generation takes part in every round that begins: a round lasts `tokenMs`, gives
 * each participant one token at its end, and the next round begins at once. Reaching the end of a reply takes a round, as
 * the end-of-generation token of a real model does. Sampling is ignored: there is nothing to draw from.
 *
 *     a  ├── prefillMs ──1── tokenMs ──2── tokenMs ──3── tokenMs ──4       1 … 4: tokens
 *     b        ├── prefillMs ──1 waits ├── tokenMs ──2── tokenMs ──3       b joins with the next round
 *
 * Rounds are steps on a grid that begins with a first token. A timer that fires late delays its own round, but none of
 * the following ones.
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
  readonly #generations = new Map<string, GenerationState>();
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
      promptCache: { status: 'off', reason: 'the mock engine has no cache' },
      warnings: [],
      chatStop: [],
      chatTemplate: null,
      ...(this.#options.embeddings === true && { embeddings: { dimensions: mockDimensions, pooling: 'mean' } }),
    });
  }

  prepare(source: PromptSource, demands?: Demands): Promise<Prepared> {
    return promiseOf(() => {
      const format = demands?.format ?? { type: 'text' };
      assertFormat(format);
      if (source.type === 'inputs') return prepareInputs(source, this.#contextLength);
      return { prompt: preparePrompt(source), format, isThinking: false };
    });
  }

  tokenize(text: string): Promise<readonly Token[]> {
    return promiseOf(() => tokenize(text));
  }

  detokenize(tokens: readonly Token[]): Promise<string> {
    return promiseOf(() => detokenize(tokens));
  }

  spell(tokens: readonly Token[]): Promise<readonly TokenSpelling[]> {
    return promiseOf(() => tokens.map((token) => detokenize([token])).map((text) => ({ name: text, piece: text })));
  }

  generate(spec: GenerationSpec): void {
    if (this.#stopped) return;
    this.#generations.set(spec.id, this.#begin(spec));
    this.#scheduleNext();
  }

  cancel(id: string): void {
    const state = this.#generations.get(id);
    if (state === undefined) return;
    this.#generations.delete(id);
    if (state.status === 'embedding') this.#slots.free(state.slot);
    else if (state.status !== 'refused') this.#slots.free(state.generation.slot);
    if (this.#decoding().length === 0) this.#round = null;
    this.#scheduleNext();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#generations.clear();
    this.#round = null;
    this.#scheduleNext();
    return Promise.resolve();
  }

  #begin(spec: GenerationSpec): Prefilling | Refused | Embedding {
    const now = this.#clock.now();
    const slot = this.#slots.take();
    try {
      if (slot === null) throw new ChatstreamError('engine_failed', `All ${this.#options.slots} slots are taken.`);
      if (spec.inputLengths !== undefined) {
        return { status: 'embedding', spec, slot, dueMs: now + this.#options.prefillMs };
      }
      this.#assertFits(spec);
      const reply = replyTo(spec, this.#options.reply);
      const generation = new MockGeneration(spec, reply, slot, this.#contextLength);
      return { status: 'prefilling', generation, dueMs: now + this.#options.prefillMs };
    } catch (error) {
      if (slot !== null) this.#slots.free(slot);
      return { status: 'refused', failure: failedEvent(spec.id, asChatstreamError(error)), dueMs: now };
    }
  }

  #assertFits({ prompt }: GenerationSpec): void {
    if (prompt.length < this.#contextLength) return;
    throw contextLengthError(prompt.length, this.#contextLength, 'prompt');
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
    for (let count = 0; count < roundsPerTick && this.#runNext(now); count += 1);
    this.#scheduleNext();
  };

  /** @returns whether anything was due */
  #runNext(now: number): boolean {
    const beginningMs = this.#nextBeginningMs();
    const roundEndMs = this.#roundEndMs();
    if (Math.min(beginningMs, roundEndMs) > now) return false;
    // If both are due at the same time, the first token comes first, so that it takes part in the round that begins then.
    if (beginningMs <= roundEndMs) this.#runFirstTokens(beginningMs, Math.min(now, roundEndMs));
    else this.#runRound();
    return true;
  }

  #runFirstTokens(dueMs: number, untilMs: number): void {
    const due = [...this.#generations.values()].filter(
      (state) => state.status !== 'decoding' && state.dueMs <= untilMs && state.dueMs - dueMs < timerResolutionMs,
    );
    const events: GenerationEvent[] = [];
    let batchSize = 0;
    for (const state of due) {
      if (state.status === 'decoding') continue;
      if (state.status === 'refused') {
        this.#generations.delete(state.failure.id);
        events.push(state.failure);
        continue;
      }
      batchSize += 1;
      if (state.status === 'embedding') {
        this.#generations.delete(state.spec.id);
        this.#slots.free(state.slot);
        events.push(...embeddingEvents(state.spec, state.slot));
        continue;
      }
      const { id, slot, foreignTexts } = state.generation;
      const foreign = foreignTexts.length > 0 && { foreignTexts };
      this.#generations.set(id, { status: 'decoding', generation: state.generation, firstTokenMs: state.dueMs });
      events.push({ type: 'started', id, slot, cachedTokens: 0, ...foreign }, ...state.generation.rated());
      events.push(this.#advance(state.generation));
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

  /** The next event of a generation. If it ends, its slot is free before the event is emitted and the slot is wanted. */
  #advance(generation: MockGeneration): GenerationEvent {
    const event = generation.next();
    if (event.type === 'ended') {
      this.#generations.delete(generation.id);
      this.#slots.free(generation.slot);
    }
    return event;
  }

  #decoding(): Decoding[] {
    return [...this.#generations.values()].filter((state) => state.status === 'decoding');
  }

  #nextBeginningMs(): number {
    let earliestMs = Infinity;
    for (const state of this.#generations.values()) {
      if (state.status !== 'decoding' && state.dueMs < earliestMs) earliestMs = state.dueMs;
    }
    return earliestMs;
  }

  #roundEndMs(): number {
    if (this.#round === null) return Infinity;
    return this.#round.gridStartMs + (this.#round.step + 1) * this.#options.tokenMs;
  }
}

/** The value as a promise, which rejects if computing the value throws. */
function promiseOf<T>(make: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(make());
  });
}
