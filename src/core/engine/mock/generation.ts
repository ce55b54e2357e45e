import type { FinishReason, GenerationEvent, GenerationSpec, Token } from '../engine.js';
import { StopStrings } from '../text/stop-strings.js';
import type { Reply } from './reply.js';

/** One running generation: where it stands in its reply. Time is not its business. */
export class MockGeneration {
  readonly id: string;
  readonly slot: number;
  readonly #reply: Reply;
  readonly #stops: StopStrings;
  /** Output tokens at which it ends whatever the reply. */
  readonly #lengthLimit: number;
  #position = 0;

  constructor(spec: GenerationSpec, reply: Reply, slot: number, contextLength: number) {
    this.id = spec.id;
    this.slot = slot;
    this.#reply = reply;
    this.#stops = new StopStrings(spec.stop);
    this.#lengthLimit = Math.min(spec.maxTokens, contextLength - spec.prompt.length);
    // Reading again what was sent already puts the held back text back in its place; none of it is sent twice.
    spec.resumeAfter.forEach(() => {
      this.next();
    });
  }

  /** Takes the next step of the reply. Not to be called after an `ended`. */
  next(): GenerationEvent {
    if (this.#position >= this.#lengthLimit) return this.#ended('length', null, '');
    const piece = this.#reply(this.#position);
    if (piece === null) return this.#ended('stop', null, '');
    this.#position += 1;
    const { token } = piece;
    const { text, stopped } = this.#stops.push(piece.text);
    if (stopped) return { type: 'ended', id: this.id, reason: 'stop', token, text };
    if (this.#position >= this.#lengthLimit) return this.#ended('length', token, text);
    return { type: 'token', id: this.id, token, text };
  }

  #ended(reason: FinishReason, token: Token | null, text: string): GenerationEvent {
    return { type: 'ended', id: this.id, reason, token, text: text + this.#stops.flush() };
  }
}
