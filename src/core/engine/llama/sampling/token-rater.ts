import type { LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import type { Token } from '../../engine.js';
import { leastLogprob, mostAlternatives, type PromptLogprob, type TokenLogprob } from '../../token-logprob.js';
import { createSampler, evaluateWithLogits, type NativeSampler, onDraw, readLogits } from '../library/library.js';

/** The probability that the model assigned to a token that was drawn. */
export interface Rating extends TokenLogprob {
  readonly token: Token;
  readonly top: readonly TokenLogprob[];
}

/** The text of a token. */
export type NameToken = (token: Token) => Pick<TokenLogprob, 'text' | 'bytes'>;

/**
 * Determines the probabilities that the model assigned to drawn tokens, before temperature, filters, biases and
 * grammar.
 *
 * The library's own lists of probabilities contain the whole vocabulary: 0.2 s per token with 262,144 tokens, in the
 * thread of the rounds. Here, llama.cpp reads the same logits two more times, on the thread that also decodes: for the
 * sum over the whole vocabulary, and for the likeliest tokens. Measured on one thread: 0.6 ms per token with 49,152
 * tokens, 2.7 ms with 262,144. llama.cpp adds up the sum in 32 bits; logarithms differed by up to 0.0004 from those of
 * the library's list.
 */
export class TokenRater {
  readonly #model: LlamaModel;
  readonly #name: NameToken;
  #samplers: { readonly all: NativeSampler; readonly likeliest: NativeSampler } | null = null;
  /** A sampler has room for one vocabulary, so only one draw can be rated at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(model: LlamaModel, name: NameToken) {
    this.#model = model;
    this.#name = name;
  }

  /** @param alternatives how many of the likeliest tokens are wanted, 0 to {@link mostAlternatives} */
  follow(sequence: LlamaContextSequence, alternatives: number): RatedDraws {
    return new RatedDraws(sequence, (token, logitIndex) => this.#rated(sequence, token, logitIndex, alternatives));
  }

  /**
   * Puts tokens of a prompt into a sequence, and rates those that follow them.
   *
   * @param tokens one more than is evaluated: the first is only evaluated, the last is only rated
   */
  async ratePrompt(
    sequence: LlamaContextSequence,
    tokens: readonly Token[],
    alternatives: number,
  ): Promise<readonly PromptLogprob[]> {
    const ratings: PromptLogprob[] = [];
    await evaluateWithLogits(sequence, tokens.slice(0, -1), async (index, logitIndex) => {
      const { text, bytes, logprob, top } = await this.#rated(
        sequence,
        tokens[index + 1] ?? 0,
        logitIndex,
        alternatives,
      );
      ratings.push({ text, bytes, logprob, top });
    });
    return ratings;
  }

  /** The first token of a prompt, which follows nothing. */
  unrated(token: Token): PromptLogprob {
    return { ...this.#name(token), logprob: null, top: [] };
  }

  #rated(sequence: LlamaContextSequence, token: Token, logitIndex: number, alternatives: number): Promise<Rating> {
    const rating = this.#turn.then(() => this.#rate(sequence, token, logitIndex, alternatives));
    this.#turn = rating.catch(() => undefined);
    return rating;
  }

  async #rate(
    { context }: LlamaContextSequence,
    token: Token,
    logitIndex: number,
    alternatives: number,
  ): Promise<Rating> {
    this.#samplers ??= {
      all: createSampler(this.#model, 'all'),
      likeliest: createSampler(this.#model, mostAlternatives),
    };
    const drawn = await readLogits(context, logitIndex, this.#samplers.all, { tokens: [token] });
    const { logits } = await readLogits(context, logitIndex, this.#samplers.likeliest, { likeliest: mostAlternatives });
    const highest = Math.max(...logits.values());
    const rated = (id: Token, logit = -Infinity): TokenLogprob => ({
      ...this.#name(id),
      logprob: bounded(logit - highest - Math.log(drawn.weight)),
    });
    const top = [...logits].slice(0, alternatives).map(([id, logit]) => rated(id, logit));
    return { token, ...rated(token, drawn.logits.get(token)), top };
  }
}

/** Rounding may put the logarithm of a certain token above 0. */
function bounded(logprob: number): number {
  return logprob >= leastLogprob ? Math.min(0, logprob) : leastLogprob;
}

/** The ratings of what one sequence draws. */
export class RatedDraws {
  readonly end: () => void;
  #last: Rating | null = null;

  constructor(sequence: LlamaContextSequence, rate: (token: Token, logitIndex: number) => Promise<Rating>) {
    this.end = onDraw(sequence, async (token, logitIndex) => {
      this.#last = await rate(token, logitIndex);
    });
  }

  /** The rating of the last token; null if it was not drawn, but written instead. */
  of(token: Token): Rating | null {
    return this.#last?.token === token ? this.#last : null;
  }
}
