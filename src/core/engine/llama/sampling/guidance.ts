import type { LlamaGrammarEvaluationState } from 'node-llama-cpp';
import type { Token } from '../../engine.js';
import type { ThoughtLimiter } from './thought-limiter.js';

/** The token to continue with instead of the one that was drawn. */
export type Steer = (drawn: Token) => Token;

/** The grammar that the next token has to follow, as the library asks for it before it draws one. */
export type GrammarSource = LlamaGrammarEvaluationState | (() => LlamaGrammarEvaluationState | undefined);

/**
 * What keeps one generation to its format: a grammar, and a limit for its thought.
 *
 * The library advances a grammar by each token that it draws. A token that is written in its place would leave the
 * grammar one token off. So as long as that may happen, the library draws without the grammar, which allows anything in
 * a thought, and the grammar is advanced here.
 */
export class Guidance {
  /** Null if any text will do. */
  readonly grammar: GrammarSource | null;
  /** Null if every token stays as it was drawn. */
  readonly steer: Steer | null;
  readonly #limiter: ThoughtLimiter | null;
  readonly #accept: (token: Token) => void;

  /** @param accept advances the grammar, if there is one */
  constructor(
    limiter: ThoughtLimiter | null,
    grammar: LlamaGrammarEvaluationState | null,
    accept: (token: Token) => void,
  ) {
    this.#limiter = limiter;
    this.#accept = accept;
    this.steer = limiter === null ? null : (drawn) => this.#steered(limiter, drawn);
    this.grammar = limiter === null || grammar === null ? grammar : () => (limiter.isSteering ? undefined : grammar);
  }

  /** Takes a token that another process has drawn, or written. */
  resume(token: Token): void {
    this.#limiter?.resume(token);
    this.#accept(token);
  }

  #steered(limiter: ThoughtLimiter, drawn: Token): Token {
    const wasSteering = limiter.isSteering;
    const token = limiter.next(drawn);
    if (wasSteering) this.#accept(token);
    return token;
  }
}
