import type { FinishReason, GenerationEvent, GenerationSpec, Token } from '../engine.js';
import type { ForeignText } from '../foreign-text.js';
import { StopStrings } from '../text/stop-strings.js';
import type { OutputLogprob } from '../token-logprob.js';
import { mockLogprob, mockPromptLogprobs } from './logprobs.js';
import type { Reply } from './reply.js';

/** The position of one generation in its reply. The engine controls the timing. */
export class MockGeneration {
  readonly id: string;
  readonly slot: number;
  readonly #spec: GenerationSpec;
  /** See the event `started`. */
  readonly foreignTexts: readonly ForeignText[];
  readonly #reply: Reply;
  readonly #stops: StopStrings;
  readonly #stopTokens: readonly Token[];
  readonly #minTokens: number;
  /** Adds made-up probabilities to the event of a token, if they are wanted. */
  readonly #rate: (text: string, position: number) => { readonly logprob?: OutputLogprob };
  /** Number of output tokens after which it ends even if the reply continues. */
  readonly #lengthLimit: number;
  #position = 0;

  constructor(spec: GenerationSpec, reply: Reply, slot: number, contextLength: number) {
    this.id = spec.id;
    this.slot = slot;
    this.#spec = spec;
    this.#reply = reply;
    this.#stops = new StopStrings(spec.stop);
    this.#stopTokens = spec.stopTokens;
    this.#minTokens = spec.minTokens;
    const { logprobs, sampling } = spec;
    this.#rate = (text, position) =>
      logprobs === undefined ? {} : { logprob: mockLogprob(text, position, sampling.seed, logprobs) };
    this.#lengthLimit = Math.min(spec.maxTokens, contextLength - spec.prompt.length);
    // Reading again what was already sent restores the text that was held back; nothing is sent twice.
    const texts = spec.resumeAfter.map((_, position) => {
      const written = reply(position)?.text ?? '';
      return { text: textOf(this.next()), written };
    });
    this.foreignTexts = texts.slice(0, spec.foreignTokens ?? 0);
  }

  /** The event that rates the prompt, if that is wanted. */
  rated(): readonly GenerationEvent[] {
    const { ratesPrompt, resumeAfter, prompt, logprobs = 0, sampling } = this.#spec;
    if (ratesPrompt !== true || resumeAfter.length > 0) return [];
    return [{ type: 'rated', id: this.id, from: 0, tokens: mockPromptLogprobs(prompt, sampling.seed, logprobs) }];
  }

  /** Takes the next step of the reply. Must not be called after an `ended` event. */
  next(): GenerationEvent {
    if (this.#position >= this.#lengthLimit) return this.#ended('length', null, '');
    const piece = this.#reply(this.#position);
    if (piece === null) return { ...this.#ended('stop', null, ''), ...this.#ratedEnd('') };
    const { token } = piece;
    const isStop = this.#position >= this.#minTokens && this.#stopTokens.includes(token);
    if (isStop) return { ...this.#ended('stop', null, ''), ...this.#ratedEnd(piece.text) };
    const rated = this.#rate(piece.text, this.#position);
    this.#position += 1;
    const mayStop = this.#position > this.#minTokens;
    const { text, stopped } = mayStop ? this.#stops.push(piece.text) : { text: piece.text, stopped: false };
    if (stopped) {
      const { found } = this.#stops;
      return {
        type: 'ended',
        id: this.id,
        reason: 'stop',
        token,
        text,
        ...(found !== null && { stop: found }),
        ...rated,
      };
    }
    if (this.#position >= this.#lengthLimit) return { ...this.#ended('length', token, text), ...rated };
    return { type: 'token', id: this.id, token, text, ...rated };
  }

  /** See `logprob` of `ended` events. */
  #ratedEnd(name: string): { readonly logprob?: OutputLogprob } {
    if (this.#spec.ratesPrompt !== true) return {};
    const { logprob } = this.#rate(name, this.#position);
    return logprob === undefined ? {} : { logprob: { ...logprob, written: '' } };
  }

  #ended(reason: FinishReason, token: Token | null, text: string): GenerationEvent {
    return { type: 'ended', id: this.id, reason, token, text: text + this.#stops.flush() };
  }
}

function textOf(event: GenerationEvent): string {
  return 'text' in event ? event.text : '';
}

/** A generation that waits for its first token. */
export interface Prefilling {
  readonly status: 'prefilling';
  readonly generation: MockGeneration;
  readonly dueMs: number;
}

/** A generation that could not begin, which the next round reports. */
export interface Refused {
  readonly status: 'refused';
  readonly failure: GenerationEvent;
  readonly dueMs: number;
}

/** A request for embeddings, which are all reported at once. */
export interface Embedding {
  readonly status: 'embedding';
  readonly spec: GenerationSpec;
  readonly slot: number;
  readonly dueMs: number;
}

/** A generation that takes part in the rounds. */
export interface Decoding {
  readonly status: 'decoding';
  readonly generation: MockGeneration;
  readonly firstTokenMs: number;
}

/**
 * The state of a generation in the mock engine:
 *
 *     generate ──▶ prefilling ──(prefillMs)──▶ decoding ──▶ ended
 *         ├──────▶ refused ────(at once)─────▶ failed
 *         └──────▶ embedding ──(prefillMs)──▶ ended
 */
export type GenerationState = Prefilling | Refused | Embedding | Decoding;

/** Which slots are taken. */
export class SlotTable {
  readonly #taken: boolean[];

  constructor(slots: number) {
    this.#taken = Array.from({ length: slots }, () => false);
  }

  /** Takes the lowest free slot; null if there is none. */
  take(): number | null {
    const slot = this.#taken.indexOf(false);
    if (slot === -1) return null;
    this.#taken[slot] = true;
    return slot;
  }

  free(slot: number): void {
    this.#taken[slot] = false;
  }
}
