import type { Token } from '../../engine.js';
import type { ThoughtLimit } from '../../reasoning.js';
import { StopStrings } from '../../text/stop-strings.js';
import { type DecodeTokens, Detokenizer } from '../../text/text-assembler.js';

type State =
  /** Nothing but white space and the beginning of a mark has come yet. */
  | { readonly status: 'beginning'; readonly text: string }
  | { readonly status: 'thinking' }
  /** Writes the end of the thought, from this token on. */
  | { readonly status: 'ending'; readonly from: number }
  | { readonly status: 'over' };

export interface ThoughtLimiterOptions {
  /** Shows the marks of thoughts. */
  readonly decode: DecodeTokens;
  /** The tokens that end a thought. */
  readonly end: readonly Token[];
  /** Whether a token may not be drawn in a thought, because the answer has to follow. */
  readonly isRefused: (token: Token) => boolean;
}

/**
 * Ends a thought by writing its end instead of what the model would write: when the thought has used up its tokens, or
 * when the model would end without the required answer.
 */
export class ThoughtLimiter {
  readonly #limit: ThoughtLimit;
  readonly #end: readonly Token[];
  readonly #isRefused: (token: Token) => boolean;
  readonly #detokenizer: Detokenizer;
  readonly #endMark: StopStrings;
  #state: State;
  #tokens = 0;

  constructor(limit: ThoughtLimit, { decode, end, isRefused }: ThoughtLimiterOptions) {
    this.#limit = limit;
    this.#end = end;
    this.#isRefused = isRefused;
    this.#detokenizer = new Detokenizer(decode);
    this.#endMark = new StopStrings([limit.end]);
    this.#state = limit.begin === null ? { status: 'thinking' } : { status: 'beginning', text: '' };
  }

  /** Whether the next token may differ from the drawn one. */
  get isSteering(): boolean {
    return this.#state.status === 'thinking' || this.#state.status === 'ending';
  }

  /** @returns the token to continue with instead of the one that was drawn */
  next(drawn: Token): Token {
    if (this.#state.status === 'thinking' && (this.#isUsedUp || this.#isRefused(drawn))) {
      this.#state = { status: 'ending', from: 0 };
    }
    const token = this.#state.status === 'ending' ? (this.#end[this.#state.from] ?? drawn) : drawn;
    this.#take(token);
    return token;
  }

  /**
   * Takes a token of the answer that is resumed. It may be part of an end that was written because the model wanted to
   * end the answer, which the tokens do not show: so it counts as the model's own unless the thought has used up its
   * tokens.
   */
  resume(token: Token): void {
    if (this.#state.status === 'thinking' && this.#isUsedUp) this.#state = { status: 'ending', from: 0 };
    const isOther = this.#state.status === 'ending' && token !== this.#end[this.#state.from];
    if (isOther) this.#state = { status: 'thinking' };
    this.#take(token);
  }

  get #isUsedUp(): boolean {
    return this.#tokens >= this.#limit.maxTokens;
  }

  #take(token: Token): void {
    if (this.#state.status === 'over') return;
    const text = this.#detokenizer.push(token);
    if (this.#state.status === 'ending') {
      const from = this.#state.from + 1;
      this.#state = from < this.#end.length ? { status: 'ending', from } : { status: 'over' };
      return;
    }
    if (this.#state.status === 'beginning') this.#state = this.#begun(this.#state.text + text);
    if (this.#state.status === 'thinking') {
      this.#tokens += 1;
      if (this.#endMark.push(text).stopped) this.#state = { status: 'over' };
    }
  }

  /** A thought begins with its mark, or not at all. */
  #begun(text: string): State {
    const { begin } = this.#limit;
    const start = text.trimStart();
    if (begin === null || start.startsWith(begin)) return { status: 'thinking' };
    return begin.startsWith(start) ? { status: 'beginning', text } : { status: 'over' };
  }
}
