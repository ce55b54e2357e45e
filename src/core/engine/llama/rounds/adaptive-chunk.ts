import type { RoundWork } from '../../threads/thread-governor.js';

/** The share of the target that rounds should take, because some take longer than expected. */
const aimedShare = 0.9;

/**
 * A chunk is never less than this part of the largest one, so that every prompt advances. On a CPU, one prompt token
 * takes a quarter of a round with three decodes (docs/architecture/engine.md).
 */
const leastShare = 1 / 128;

/** A chunk is at most this many times as large as the last one beside decodes, while its cost is being found out. */
const growth = 2;

/** How far one round moves the expectation: after five rounds, five sixths of a change are known. */
const learning = 0.3;

/**
 * A round counts as at most this many times as long as expected, because some take 20 times as long for other reasons.
 */
const mostFactor = 4;

/** Prefill that seems to cost nothing is assumed to take this part of its round. */
const leastCostShare = 0.05;

/**
 * How many prompt tokens a round may prefill, so that the generations that decode beside them get their tokens in time.
 *
 *     round = decodes alone + tokens × time per token
 *     chunk = (0.9 × target − decodes alone) ÷ time per token
 *
 * Both terms are learnt from the rounds, the first for each number of decodes. A round with prefill corrects both;
 * which of them was wrong shows when the chunk changes. If the target cannot be met, prompts still advance, by a 128th
 * of the largest chunk in each round.
 *
 * A token budget for each iteration, chosen so that tokens arrive in time, is the idea of Sarathi-Serve ("Taming
 * Throughput-Latency Tradeoff in LLM Inference", Agrawal et al., OSDI 2024), which determines it by profiling
 * beforehand.
 */
export class AdaptiveChunk {
  readonly #most: number;
  readonly #least: number;
  readonly #aimMs: number | null;
  /** Durations of rounds without prefill, by their number of decodes. */
  readonly #aloneMs = new Map<number, number>();
  #tokenMs: number | null = null;
  #tokens: number;
  /** The last chunk beside decodes. */
  #lastMixed: number;
  #reported: number | null = null;

  /**
   * @param most the largest chunk, in tokens
   * @param targetMs the time per token that generations should get at most; null to use the largest chunk always
   */
  constructor(most: number, targetMs: number | null) {
    this.#most = most;
    this.#least = Math.ceil(most * leastShare);
    this.#aimMs = targetMs === null ? null : targetMs * aimedShare;
    this.#tokens = most;
    this.#lastMixed = this.#least;
  }

  /** The largest chunk, in tokens. */
  get most(): number {
    return this.#most;
  }

  /** The most prompt tokens that the next round prefills, 1 or more. */
  get tokens(): number {
    return this.#tokens;
  }

  /** {@link tokens}, if there is a target and it has changed since the last call. */
  takeChange(): number | undefined {
    if (this.#aimMs === null || this.#tokens === this.#reported) return undefined;
    this.#reported = this.#tokens;
    return this.#tokens;
  }

  /** Must be called before each round. @param decodes generations that get a token in it */
  prepare(decodes: number): void {
    this.#tokens = this.#aimMs === null || decodes === 0 ? this.#most : this.#tokensWithin(this.#aimMs, decodes);
  }

  /** @param ms the duration of the round, including the time since the previous one, which streams also wait for */
  observe({ decodes, prefillTokens }: RoundWork, ms: number): void {
    if (this.#aimMs === null || decodes === 0 || ms <= 0) return;
    const aloneMs = this.#expectAloneMs(decodes);
    if (prefillTokens > 0) this.#lastMixed = this.#tokens;
    if (prefillTokens === 0 && !this.#aloneMs.has(decodes)) {
      this.#aloneMs.set(decodes, ms);
    } else if (prefillTokens > 0 && this.#tokenMs === null) {
      this.#tokenMs = Math.max(ms - aloneMs, ms * leastCostShare) / prefillTokens;
    } else {
      this.#correct(decodes, aloneMs, prefillTokens, ms);
    }
  }

  /** Normalised least mean squares: each term takes its part of the error, in proportion to its square. */
  #correct(decodes: number, aloneMs: number, prefillTokens: number, ms: number): void {
    const tokenMs = this.#tokenMs ?? 0;
    const prefillMs = prefillTokens * tokenMs;
    const expectedMs = aloneMs + prefillMs;
    const credibleMs = Math.min(expectedMs * mostFactor, Math.max(expectedMs / mostFactor, ms));
    const step = (learning * (credibleMs - expectedMs)) / (aloneMs ** 2 + prefillMs ** 2);
    if (aloneMs > 0) this.#aloneMs.set(decodes, aloneMs * (1 + step * aloneMs));
    if (prefillMs > 0) this.#tokenMs = tokenMs * (1 + step * prefillMs);
  }

  #tokensWithin(aimMs: number, decodes: number): number {
    if (this.#tokenMs === null) return this.#least;
    const fitting = Math.floor((aimMs - this.#expectAloneMs(decodes)) / this.#tokenMs);
    return Math.max(this.#least, Math.min(fitting, this.#lastMixed * growth, this.#most));
  }

  /** How long a round without prefill takes; at most this long if the number of decodes is new, and 0 if all are. */
  #expectAloneMs(decodes: number): number {
    const known = this.#aloneMs.get(decodes);
    if (known !== undefined) return known;
    const bounds = Array.from(this.#aloneMs, ([count, ms]) => ms * Math.max(1, decodes / count));
    return bounds.length === 0 ? 0 : Math.min(...bounds);
  }
}
