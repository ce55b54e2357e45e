import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { OutputLogprob } from '../../engine/token-logprob.js';
import type { AnswerReading } from './answer-reading.js';

/** A token, or the rest of one, whose text is in no part of the answer yet. */
interface OpenToken {
  readonly written: string;
  /** Null for the rest of a token that is in the answer already. */
  readonly logprob: OutputLogprob | null;
}

/**
 * Adds to the content of an answer the tokens that wrote it.
 *
 * Text becomes certain later than its tokens, because it may be the beginning of a stop string or of a mark, and marks
 * and white space may be left out. So tokens wait here until a part of the answer has their text:
 *
 *     open tokens    </think>  \n  Hel  lo        part    content "Hel"
 *     result         dropped       Hel  waits
 */
export class RatedReading implements AnswerReading {
  readonly #inner: AnswerReading;
  #open: OpenToken[] = [];
  /** Whether the last part was content, or the first one will be. */
  #isContent: boolean;

  constructor(inner: AnswerReading) {
    this.#inner = inner;
    this.#isContent = !inner.isThinking;
  }

  get isThinking(): boolean {
    return this.#inner.isThinking;
  }

  get calls(): number {
    return this.#inner.calls;
  }

  get endedInCall(): boolean {
    return this.#inner.endedInCall;
  }

  get holdsRatings(): boolean {
    return this.#open.some(({ logprob }) => logprob !== null);
  }

  push(text: string, logprob?: OutputLogprob): readonly AnswerPart[] {
    this.#add(logprob);
    return text === '' ? [] : this.#inner.push(text).map((part) => this.#rated(part));
  }

  end(text: string, isCut: boolean, logprob?: OutputLogprob): readonly AnswerPart[] {
    this.#add(logprob);
    const parts = this.#inner.end(text, isCut).map((part) => this.#rated(part));
    const rest = this.#isContent ? this.#unwrittenRest() : [];
    return rest.length === 0 ? parts : [...parts, { type: 'content', text: '', logprobs: rest }];
  }

  #add(logprob: OutputLogprob | undefined): void {
    if (logprob !== undefined) this.#open.push({ written: logprob.written, logprob });
  }

  #rated(part: AnswerPart): AnswerPart {
    this.#isContent = part.type === 'content';
    switch (part.type) {
      case 'content':
        return { ...part, logprobs: this.#take(part.text) };
      case 'reasoning':
        this.#take(part.text);
        return part;
      // The arguments of a call may be written differently from what the model wrote.
      case 'call':
      case 'arguments':
      case 'prompt':
        this.#open = [];
        return part;
    }
  }

  /** The last open tokens that wrote nothing, such as special tokens at the end of an answer that ignores them. */
  #unwrittenRest(): readonly OutputLogprob[] {
    const lastWritten = this.#open.findLastIndex(({ written }) => written !== '');
    return this.#open.slice(lastWritten + 1).flatMap(({ logprob }) => logprob ?? []);
  }

  /**
   * The tokens that wrote a text, which leave the open ones together with all before them. A token that ends in the middle
   * of a character has written nothing; it belongs to what comes next.
   */
  #take(text: string): readonly OutputLogprob[] {
    const found = this.#open
      .map(({ written }) => written)
      .join('')
      .indexOf(text);
    // Bytes that never became a character are in the text in another form, at its end.
    const from = Math.max(0, found);
    const to = found === -1 ? Infinity : found + text.length;
    const taken: OutputLogprob[] = [];
    const open: OpenToken[] = [];
    let start = 0;
    for (const token of this.#open) {
      const end = start + token.written.length;
      const begins = start < to;
      if (!begins) open.push(token);
      else if (token.logprob !== null && (end > from || start >= from)) taken.push(token.logprob);
      if (begins && end > to) open.push({ written: token.written.slice(to - start), logprob: null });
      start = end;
    }
    this.#open = open;
    return taken;
  }
}
