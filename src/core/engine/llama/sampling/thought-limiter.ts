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
    const token = this.#chosen(drawn);
    if (this.#state.status === 'over') return token;
    const text = this.#detokenizer.push(token);
    if (this.#state.status === 'beginning') this.#state = this.#begun(this.#state.text + text);
    if (this.#state.status === 'thinking') {
      this.#tokens += 1;
      if (this.#endMark.push(text).stopped) this.#state = { status: 'over' };
    }
    return token;
  }

  #chosen(drawn: Token): Token {
    const from = this.#state.status === 'ending' ? this.#state.from : 0;
    const isUsedUp = this.#tokens >= this.#limit.maxTokens || this.#isRefused(drawn);
    const hasToEnd = this.#state.status === 'thinking' && isUsedUp;
    if (this.#state.status !== 'ending' && !hasToEnd) return drawn;
    this.#state = from + 1 < this.#end.length ? { status: 'ending', from: from + 1 } : { status: 'over' };
    return this.#end[from] ?? drawn;
  }

  /** A thought begins with its mark, or not at all. */
  #begun(text: string): State {
    const { begin } = this.#limit;
    const start = text.trimStart();
    if (begin === null || start.startsWith(begin)) return { status: 'thinking' };
    return begin.startsWith(start) ? { status: 'beginning', text } : { status: 'over' };
  }
}
