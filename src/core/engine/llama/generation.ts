import type { SequenceEvaluateOptions } from 'node-llama-cpp';

import { asChatstreamError } from '../../base/errors.js';
import { failedEvent, type FinishReason, type GenerationEvent, type GenerationSpec, type Token } from '../engine.js';
import type { TextAssembler } from '../text/text-assembler.js';
import { libraryTokens } from './library.js';
import type { PenaltyWindow } from './penalty-window.js';
import type { RoundMember } from './prefill-plan.js';
import type { Slot } from './slots.js';

type TokenStream = ReturnType<Slot['sequence']['evaluateWithMetadata']>;

type Phase =
  | { readonly kind: 'prefilling'; readonly from: number }
  | { readonly kind: 'decoding'; readonly stream: TokenStream }
  | { readonly kind: 'over'; readonly failed: boolean; readonly stream: TokenStream | null };

/** Everything that a generation is made of when it enters its slot. */
export interface GenerationStart {
  readonly spec: GenerationSpec;
  readonly slot: Slot;
  readonly order: number;
  /** Prompt and resumed output: what has to be in the slot before the next token can be drawn. */
  readonly evaluated: readonly Token[];
  /** How many of them the slot holds already. */
  readonly cached: number;
  readonly options: SequenceEvaluateOptions;
  readonly penalties: PenaltyWindow | null;
  /** Has seen the resumed output. */
  readonly text: TextAssembler;
  readonly isEnd: (token: Token) => boolean;
  readonly contextLength: number;
  readonly prefillChunk: number;
}

/** One running generation: takes a step per round and remembers what it has to report of it. */
export class Generation implements RoundMember {
  readonly id: string;
  readonly slot: Slot;
  readonly order: number;
  readonly #start: GenerationStart;
  #phase: Phase;
  #isReported = false;
  #outputTokens: number;
  readonly #outputLimit: number;

  constructor(start: GenerationStart) {
    const { spec, contextLength } = start;
    this.#start = start;
    this.id = spec.id;
    this.slot = start.slot;
    this.order = start.order;
    this.#phase = { kind: 'prefilling', from: start.cached };
    this.#outputTokens = spec.resumeAfter.length;
    // The library drops the oldest tokens of a full slot without a word, so a generation never gets that far.
    this.#outputLimit = Math.min(spec.maxTokens, contextLength - spec.prompt.length);
  }

  get isOver(): boolean {
    return this.#phase.kind === 'over';
  }

  /** Whether the slot cannot be trusted any more. */
  get hasFailed(): boolean {
    return this.#phase.kind === 'over' && this.#phase.failed;
  }

  get nextChunk(): number {
    if (this.#phase.kind !== 'prefilling') return 0;
    return Math.min(this.#start.prefillChunk, this.#start.evaluated.length - this.#phase.from);
  }

  /** Takes part in a round. Never rejects: what goes wrong ends this generation and no other. */
  async step(events: GenerationEvent[]): Promise<void> {
    try {
      const token = await this.#advance();
      if (!this.#isReported) events.push(this.#started());
      if (token !== null) events.push(this.#take(token));
    } catch (error) {
      this.#phase = { kind: 'over', failed: true, stream: this.#stream };
      events.push(failedEvent(this.id, asChatstreamError(error, 'engine_failed')));
    }
  }

  /** Leaves the slot, in whatever phase it is. Only between rounds. */
  async close(): Promise<void> {
    await this.#stream?.return();
  }

  get #stream(): TokenStream | null {
    return this.#phase.kind === 'prefilling' ? null : this.#phase.stream;
  }

  /** @returns the token that was drawn, or null after a chunk that was not the last */
  async #advance(): Promise<Token | null> {
    switch (this.#phase.kind) {
      case 'prefilling': {
        const { from } = this.#phase;
        const { evaluated, slot, options } = this.#start;
        const to = from + this.nextChunk;
        const chunk = libraryTokens(evaluated.slice(from, to));
        if (to < evaluated.length) {
          await slot.sequence.evaluateWithoutGeneratingNewTokens(chunk);
          this.#phase = { kind: 'prefilling', from: to };
          return null;
        }
        // The stream that evaluates the last chunk also draws the first token from it.
        const stream = slot.sequence.evaluateWithMetadata(chunk, {}, options);
        this.#phase = { kind: 'decoding', stream };
        return await nextToken(stream);
      }
      case 'decoding':
        return await nextToken(this.#phase.stream);
      case 'over':
        return null;
    }
  }

  #started(): GenerationEvent {
    const { spec, cached, slot } = this.#start;
    this.#isReported = true;
    return { type: 'started', id: this.id, slot: slot.index, cachedTokens: Math.min(cached, spec.prompt.length) };
  }

  #take(token: Token): GenerationEvent {
    const { spec, text: assembler, penalties, isEnd } = this.#start;
    if (!spec.ignoreEos && isEnd(token)) return this.#ended('stop', null, assembler.end());

    this.#outputTokens++;
    penalties?.push(token);
    const { text, stopped } = assembler.push(token);
    if (stopped) return this.#ended('stop', token, text);
    if (this.#outputTokens >= this.#outputLimit) return this.#ended('length', token, text + assembler.end());
    return { type: 'token', id: this.id, token, text };
  }

  #ended(reason: FinishReason, token: Token | null, text: string): GenerationEvent {
    this.#phase = { kind: 'over', failed: false, stream: this.#stream };
    return { type: 'ended', id: this.id, reason, token, text };
  }
}

async function nextToken(stream: TokenStream): Promise<Token> {
  const { value } = await stream.next();
  // With yieldEogToken, a stream has no end of its own.
  if (value === undefined) throw new Error('llama.cpp stopped giving tokens.');
  return value.token;
}
