import type { Token } from '../../engine.js';
import type { RepetitionPenalty } from '../../sampling.js';
import { TextFinder } from '../../text/text-finder.js';

/** The most that a penalty subtracts from a logit: more than any logit, and still safe to calculate with. */
const mostPenalty = 1e9;

/**
 * Tokens that are penalised at once, as many as a request may bias: with `allowedLength` 0, every token of the text
 * would be.
 */
const mostPenalties = 1024;

/**
 * The text of one token. Bytes that are not a whole character are U+FFFD, so that a breaker consisting of them is not
 * found.
 */
export type TextOf = (token: Token) => string;

/**
 * Which tokens would continue a repetition of what was written before, and what that costs them (DRY, "don't repeat
 * yourself", as in llama.cpp and KoboldCpp).
 *
 * llama.cpp's own sampler is not used. The library shows it the output and not the prompt, it starts again after a crash,
 * and it looks for each breaker in the whole vocabulary, while all generations wait: 15 ms for the four usual ones with
 * 49,152 tokens, 103 ms with 262,144, and 3.2 s for 16 breakers that share letters with many tokens (on 2 cores). Of an
 * output alone, both made the same 300 tokens, with 5 settings and 6 prompts of the bundled model.
 */
export class Repetitions {
  readonly #penalty: RepetitionPenalty;
  readonly #textOf: TextOf;
  readonly #breakers: TextFinder;
  /** Whether a token contains a breaker, for tokens that have been checked. */
  readonly #breaking = new Map<Token, boolean>();
  /** The tokens that are considered, newest last. */
  readonly #tokens: Token[];
  /** Number of tokens since the last breaker. */
  #sinceBreaker = 0;

  constructor(penalty: RepetitionPenalty, history: readonly Token[], textOf: TextOf) {
    this.#penalty = penalty;
    this.#textOf = textOf;
    this.#breakers = new TextFinder(penalty.breakers);
    this.#tokens = history.slice(-penalty.lastTokens);
    // Further back, a breaker makes no difference. Reading a whole prompt would take some microseconds per token.
    const longestBreaker = Math.max(0, ...penalty.breakers.map(({ length }) => length));
    const relevant = longestRelevant(penalty) + longestBreaker;
    for (const token of this.#tokens.slice(-relevant)) this.#read(token);
  }

  push(token: Token): void {
    this.#tokens.push(token);
    if (this.#tokens.length > this.#penalty.lastTokens) this.#tokens.shift();
    this.#read(token);
  }

  /**
   * What to subtract from the logits of tokens; if there are many, only of those that continue the longest repetitions.
   * Takes time in proportion to the number of tokens that are considered.
   */
  penalties(): ReadonlyMap<Token, number> {
    const { multiplier, base, allowedLength } = this.#penalty;
    const penalties = new Map<Token, number>();
    const continued = this.#continued();
    const { least, room } = shortestPenalised([...continued.values()]);
    let left = room;
    for (const [token, length] of continued) {
      if (length < least || (length === least && left-- <= 0)) continue;
      penalties.set(token, Math.min(mostPenalty, multiplier * base ** (length - allowedLength)));
    }
    return penalties;
  }

  /** Tokens that would continue a repetition, the latest first, and the most tokens that it has without them; no breakers. */
  #continued(): ReadonlyMap<Token, number> {
    const newestFirst = this.#tokens.toReversed();
    const longest = new Map<Token, number>();
    commonPrefixes(newestFirst).forEach((common, shift) => {
      const length = Math.min(common, this.#sinceBreaker);
      const next = newestFirst[shift - 1];
      if (next === undefined || length < this.#penalty.allowedLength || this.#breaks(next)) return;
      longest.set(next, Math.max(length, longest.get(next) ?? 0));
    });
    return longest;
  }

  #breaks(token: Token): boolean {
    const known = this.#breaking.get(token);
    if (known !== undefined) return known;
    const text = this.#textOf(token);
    const breaks = this.#penalty.breakers.some((breaker) => text.includes(breaker));
    this.#breaking.set(token, breaks);
    return breaks;
  }

  #read(token: Token): void {
    const ended = this.#penalty.breakers.length > 0 && this.#breakers.push(this.#textOf(token));
    this.#sinceBreaker = ended ? 0 : this.#sinceBreaker + 1;
  }
}

/** The length from which on repetitions are penalised, and how many of that length, so that they are not too many. */
function shortestPenalised(lengths: readonly number[]): { readonly least: number; readonly room: number } {
  if (lengths.length <= mostPenalties) return { least: 0, room: Infinity };
  const counts = new Map<number, number>();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  let room = mostPenalties;
  for (const [length, count] of [...counts].sort(([a], [b]) => b - a)) {
    if (count >= room) return { least: length, room };
    room -= count;
  }
  return { least: 0, room };
}

/** Longer repetitions cost no more than this. In tokens. */
function longestRelevant({ multiplier, base, allowedLength }: RepetitionPenalty): number {
  if (base === 1) return allowedLength;
  return allowedLength + Math.max(0, Math.ceil(Math.log(mostPenalty / multiplier) / Math.log(base)));
}

/**
 * For each shift from 1, how many tokens at the beginning of the list are the same as those that many places further on (the
 * Z algorithm). Takes time in proportion to the length of the list.
 */
function commonPrefixes(tokens: readonly Token[]): readonly number[] {
  const lengths: number[] = [0];
  /** The stretch that reaches furthest and is known to equal the beginning of the list. */
  let from = 0;
  let to = 0;
  for (let shift = 1; shift < tokens.length; shift++) {
    let length = shift < to ? Math.min(to - shift, lengths[shift - from] ?? 0) : 0;
    while (shift + length < tokens.length && tokens[length] === tokens[shift + length]) length++;
    lengths.push(length);
    if (shift + length <= to) continue;
    from = shift;
    to = shift + length;
  }
  return lengths;
}
