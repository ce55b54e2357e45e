import type { EngineOptions, LlamaEngineOptions } from '../options.js';

/** When an engine process that lives counts as hung. */
export interface HangLimits {
  /** Longest time without any message, in milliseconds; a healthy process sends one per second. */
  readonly silenceMs: number;
  /**
   * Longest time that running generations may go without a round, in milliseconds.
   *
   * @param slowestRoundMs of all rounds so far; null before the first
   */
  roundMs(slowestRoundMs: number | null): number;
}

/** The longest that its event loop was seen busy was half a second, to tokenise a prompt of 1 MiB. */
const silenceMs = 60_000;

/**
 * Rounds that are usually quick are not always: weights that the system has dropped from memory come back from the disk
 * during a round, and 40 GB take minutes.
 */
const shortestRoundLimitMs = 300_000;

/** For the first round, when nothing has been measured yet: nobody wants a model that is slower. */
const slowestTokenMs = 5000;

/**
 * Limits that no healthy engine reaches, however slow its machine. A fixed one would not do: with a large model on a CPU,
 * one prefill chunk takes minutes.
 */
export function hangLimitsOf(options: EngineOptions): HangLimits {
  switch (options.engine) {
    case 'llama':
      return {
        silenceMs,
        roundMs: (slowestRoundMs) => Math.max(shortestRoundLimitMs, longestRoundMs(options, slowestRoundMs)),
      };
    case 'mock':
      // Its rounds are timers of the event loop, whose silence is noticed, and take as long as they were told to.
      return { silenceMs, roundMs: () => Infinity };
  }
}

/** As if each token took as long as a whole round. The first round has nothing to decode, only prompts. */
function longestRoundMs({ prefillChunk, slots }: LlamaEngineOptions, slowestRoundMs: number | null): number {
  return slowestRoundMs === null ? prefillChunk * slowestTokenMs : (prefillChunk + slots) * slowestRoundMs;
}
