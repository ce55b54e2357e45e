import { asChatstreamError } from '../../../base/errors.js';
import { failedEvent, type FinishReason, type GenerationEvent, type Round, type Token } from '../../engine.js';
import type { OutputLogprob, PromptLogprob } from '../../token-logprob.js';
import { libraryToken, libraryTokens } from '../library/library.js';
import type { RoundMember } from '../rounds/batching.js';
import type { GenerationStart } from './generation-start.js';
import type { Slot } from './slots.js';

/**
 * Tokens of a prompt that one round rates. Rating takes 0.2 to 2.7 ms a token (see token-rater.ts), and llama.cpp keeps all
 * logits of a batch: 33 MB with 262,144 tokens of vocabulary.
 */
export const ratedChunk = 32;

type TokenStream = ReturnType<Slot['sequence']['evaluateWithMetadata']>;

interface Rated {
  readonly logprob?: OutputLogprob;
}

/**
 *     cold ──▶ prefilling ──(last chunk: draws the first token)──▶ decoding ──▶ over
 *                │    ▲                                                         ▲
 *                │    └── a chunk per round                                     │
 *                └────────────────────(an error in any status)─────────────────┘
 *
 * `cold`: the slot still holds what it held before. `from` is the number of tokens that it holds; `failed` means that its
 * content can no longer be trusted.
 */
type State =
  | { readonly status: 'cold' }
  | { readonly status: 'prefilling'; readonly from: number }
  | { readonly status: 'decoding'; readonly stream: TokenStream }
  | { readonly status: 'over'; readonly failed: boolean; readonly stream: TokenStream | null };

/** A running generation: takes one step per round and reports the result. */
export class LlamaGeneration implements RoundMember {
  readonly id: string;
  readonly slot: Slot;
  readonly order: number;
  readonly #start: GenerationStart;
  #state: State = { status: 'cold' };
  #cached = 0;
  #isReported = false;
  /** Of the prompt, since the last round. */
  #ratings: readonly PromptLogprob[] = [];
  #reportedRatings = 0;
  /** The token that replaces the last one that was drawn. */
  #replacement: Token | undefined;
  #outputTokens: number;
  readonly #outputLimit: number;

  constructor(start: GenerationStart) {
    const { spec, contextLength } = start;
    this.#start = start;
    this.id = spec.id;
    this.slot = start.slot;
    this.order = start.order;
    this.#outputTokens = spec.resumeAfter.length;
    // The library silently drops the oldest tokens of a full slot, so a generation must end before that.
    this.#outputLimit = Math.min(spec.maxTokens, contextLength - spec.prompt.length);
  }

  /** Whether it has not begun. */
  get isCold(): boolean {
    return this.#state.status === 'cold';
  }

  /** Whether the next step reads a part of the prompt. */
  get isPrefilling(): boolean {
    return this.#state.status === 'prefilling';
  }

  /** How far its prompt has been read; null unless the next step continues with that. */
  get prefill(): NonNullable<Round['prefills']>[number] | null {
    if (this.#state.status !== 'prefilling') return null;
    return { id: this.id, tokens: Math.min(this.#state.from, this.#start.spec.prompt.length) };
  }

  /** Whether the next step only draws a token. */
  get isDecoding(): boolean {
    return this.#state.status === 'decoding';
  }

  /** All tokens that have to be in the slot before the next one can be drawn. */
  get evaluated(): readonly Token[] {
    return this.#start.evaluated;
  }

  get isOver(): boolean {
    return this.#state.status === 'over';
  }

  /** Whether the content of the slot can no longer be trusted. */
  get hasFailed(): boolean {
    return this.#state.status === 'over' && this.#state.failed;
  }

  /** Whether the tokens of the prompt are rated. */
  get ratesPrompt(): boolean {
    return this.#start.promptRater !== null;
  }

  /** Whether the next chunk is rated: all but the last token of the prompt, from which the first token is drawn. */
  get isRating(): boolean {
    if (this.#state.status !== 'prefilling') return false;
    return this.ratesPrompt && this.#state.from < this.#start.evaluated.length - 1;
  }

  /** The maximum number of prompt tokens that one round reads. */
  get chunkTokens(): number {
    const { tokens } = this.#start.chunk;
    return this.ratesPrompt ? Math.min(ratedChunk, tokens) : tokens;
  }

  /** Infinity for a cold generation, which takes part in no round before it has begun. */
  get nextChunk(): number {
    if (this.#state.status === 'cold') return Infinity;
    if (this.#state.status !== 'prefilling') return 0;
    return Math.min(this.chunkTokens, this.isRating ? this.rest - 1 : this.rest);
  }

  /** Infinity while it is cold: how much of its prompt is left is determined when it begins. */
  get rest(): number {
    if (this.#state.status === 'cold') return Infinity;
    return this.#state.status === 'prefilling' ? this.#start.evaluated.length - this.#state.from : 0;
  }

  /** @param cached how many of the tokens to evaluate the slot holds */
  begin(cached: number): void {
    this.#cached = cached;
    this.#state = { status: 'prefilling', from: cached };
  }

  /** Takes part in a round and adds its events. Never rejects: an error ends this generation and no other. */
  async step(events: GenerationEvent[]): Promise<void> {
    try {
      const token = await this.#advance();
      if (!this.#isReported) events.push(this.#started());
      if (this.#ratings.length > 0) events.push(this.#takeRatings());
      if (token !== null) events.push(this.#take(token));
      else if (this.#isComplete) events.push(this.#ended('length', null, ''));
    } catch (error) {
      this.#state = { status: 'over', failed: true, stream: this.#stream };
      events.push(failedEvent(this.id, asChatstreamError(error, 'engine_failed')));
    }
  }

  /** Leaves the slot, in any state. Only between rounds. */
  async close(): Promise<void> {
    await this.#stream?.return();
    this.#start.ratings?.end();
  }

  /** Whether it has read its prompt, and nothing else is requested. */
  get #isComplete(): boolean {
    const state = this.#state;
    return this.#outputLimit === 0 && state.status === 'prefilling' && state.from === this.#start.evaluated.length;
  }

  get #stream(): TokenStream | null {
    return 'stream' in this.#state ? this.#state.stream : null;
  }

  /** @returns the drawn token; null after a chunk other than the last */
  async #advance(): Promise<Token | null> {
    switch (this.#state.status) {
      case 'prefilling': {
        const { from } = this.#state;
        const { evaluated, slot, options, promptRater } = this.#start;
        const to = from + this.nextChunk;
        const chunk = libraryTokens(evaluated.slice(from, to));
        if (promptRater !== null && from === 0) this.#ratings = [promptRater.unrated(evaluated[0] ?? 0)];
        if (promptRater !== null && this.isRating) {
          this.#ratings = [...this.#ratings, ...(await promptRater.rate(evaluated.slice(from, to + 1)))];
          this.#state = { status: 'prefilling', from: to };
          return null;
        }
        if (to < evaluated.length || this.#outputLimit === 0) {
          await slot.sequence.evaluateWithoutGeneratingNewTokens(chunk);
          this.#state = { status: 'prefilling', from: to };
          return null;
        }
        // The stream that evaluates the last chunk also draws the first token from it.
        const stream = slot.sequence.evaluateWithMetadata(chunk, {}, options);
        this.#state = { status: 'decoding', stream };
        return this.#steered(await nextToken(stream));
      }
      case 'decoding':
        return this.#steered(await nextToken(this.#state.stream, this.#replacement));
      case 'cold':
      case 'over':
        return null;
    }
  }

  #steered(drawn: Token): Token {
    const { steer } = this.#start;
    if (steer === null) return drawn;
    const token = steer(drawn);
    this.#replacement = token === drawn ? undefined : token;
    return token;
  }

  #started(): GenerationEvent {
    const { spec, slot, foreignTexts } = this.#start;
    this.#isReported = true;
    const cachedTokens = Math.min(this.#cached, spec.prompt.length);
    const foreign = foreignTexts.length > 0 && { foreignTexts };
    return { type: 'started', id: this.id, slot: slot.index, cachedTokens, ...foreign };
  }

  #takeRatings(): GenerationEvent {
    const event = { type: 'rated', id: this.id, from: this.#reportedRatings, tokens: this.#ratings } as const;
    this.#reportedRatings += this.#ratings.length;
    this.#ratings = [];
    return event;
  }

  #take(token: Token): GenerationEvent {
    const { spec, text: assembler, penalties, bias, isEnd } = this.#start;
    const isStop = spec.stopTokens.includes(token);
    if (isStop || (!spec.ignoreEos && isEnd(token))) {
      // Evaluations expect one token after a rated prompt, whatever it is, and drop the last of the list.
      const rated = spec.ratesPrompt === true ? this.#rated(token, '') : {};
      return this.#ended('stop', null, assembler.end(), rated);
    }

    this.#outputTokens++;
    penalties?.push(token);
    bias?.push(token);
    const { text, stopped } = assembler.push(token, this.#outputTokens > spec.minTokens);
    const rated = this.#rated(token, assembler.written);
    if (stopped) return this.#ended('stop', token, text, rated);
    if (this.#outputTokens >= this.#outputLimit) return this.#ended('length', token, text + assembler.end(), rated);
    return { type: 'token', id: this.id, token, text, ...rated };
  }

  /** Nothing for a token that was written for the model, because it is not content. */
  #rated(token: Token, written: string): Rated {
    const rating = this.#start.ratings?.of(token) ?? null;
    if (rating === null) return {};
    const { text, bytes, logprob, top } = rating;
    return { logprob: { text, bytes, logprob, top, written } };
  }

  #ended(reason: FinishReason, token: Token | null, text: string, rated: Rated = {}): GenerationEvent {
    this.#state = { status: 'over', failed: false, stream: this.#stream };
    const { stop } = this.#start.text;
    return { type: 'ended', id: this.id, reason, token, text, ...(stop !== null && { stop }), ...rated };
  }
}

/** @param replacement what to continue with instead of the last token */
async function nextToken(stream: TokenStream, replacement?: Token): Promise<Token> {
  const { value } = await (replacement === undefined ? stream.next() : stream.next(libraryToken(replacement)));
  // With `yieldEogToken`, a stream does not end on its own.
  if (value === undefined) throw new Error('llama.cpp stopped giving tokens.');
  return value.token;
}
