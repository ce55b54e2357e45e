import { untilAborted } from '../../../base/abort.js';
import { type CancelTimer, type Clock, systemClock } from '../../../base/clock.js';
import { ChatstreamError, messageOf } from '../../../base/errors.js';
import { TurnsByOwner } from '../../../base/turns-by-owner.js';
import { endedError, type Fork } from '../helpers/helper-process.js';
import { longestStartMs, startError, within } from '../helpers/within.js';
import type { Part } from '../prompt/text-cuts.js';
import type { VocabularySource } from './tokenize-messages.js';
import { tokenisesTexts, TokenizeProcess } from './tokenize-process.js';

/**
 * How long a text may take, in milliseconds: as long as a step of the prompt process may. A megabyte takes a second. When its caller no
 * longer waits, it gets the time of such a text, because another process would take as long to start.
 */
const longestMs = 15_000;
const forNobodyMs = 1000;

/** How long a process is kept that has nothing to do, in milliseconds. It holds as much memory as the prompt process. */
const keptMs = 60_000;

/** Processes that may end while they work on a text. The first may have any cause. */
const mostDeaths = 2;

export interface LongTextsOptions extends VocabularySource {
  readonly clock?: Clock;
  readonly create?: Fork;
}

/**
 * Tokenises long texts that cannot be cut in a process of its own, one at a time, because nothing can interrupt the tokenizer: a
 * megabyte of letters takes a second. Meanwhile, the prompts of others are prepared. The first such text starts the process, which
 * ends when it has had nothing to do for a minute. It is killed if a text takes too long.
 */
export class LongTexts {
  readonly #options: LongTextsOptions;
  readonly #clock: Clock;
  readonly #turns = new TurnsByOwner({ atOnce: 1 });
  #process: TokenizeProcess | null = null;
  #cancelEnd: CancelTimer | null = null;
  #isStopped = false;

  constructor(options: LongTextsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * As `Tokenizer.read` does, in the order in which texts come.
   *
   * @param signal aborted when the tokens are no longer needed; its reason is thrown
   * @throws ChatstreamError `engine_failed` for a text at which two processes have ended or were killed
   */
  async read(part: Part, signal: AbortSignal = new AbortController().signal): Promise<Uint32Array> {
    return await untilAborted(
      this.#turns.take('', () => this.#read(part, signal), signal),
      signal,
    );
  }

  /** What is being tokenised fails with `engine_failed`, and so does what comes later. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelEnd?.();
    this.#process?.kill();
  }

  async #read(part: Part, signal: AbortSignal): Promise<Uint32Array> {
    this.#cancelEnd?.();
    try {
      for (let deaths = 1; ; deaths += 1) {
        const attempt = await this.#attempt(part, signal);
        if (attempt.type === 'tokens') return attempt.tokens;
        signal.throwIfAborted();
        if (deaths === mostDeaths) throw endedTwiceError(attempt.error);
      }
    } finally {
      this.#cancelEnd = this.#clock.schedule(keptMs, () => {
        this.#process?.kill();
        this.#process = null;
      });
    }
  }

  async #attempt(
    part: Part,
    signal: AbortSignal,
  ): Promise<
    { readonly type: 'tokens'; readonly tokens: Uint32Array } | { readonly type: 'ended'; readonly error: unknown }
  > {
    if (this.#isStopped) throw endedError(tokenisesTexts, 'it was stopped');
    try {
      const process = this.#living();
      const isReady = process.ready;
      await within({ longestMs: longestStartMs }, this.#clock, process, isReady, () => startError(tokenisesTexts));
      signal.throwIfAborted();
      const patience = { longestMs, forNobodyMs, signal };
      const tokens = await within(patience, this.#clock, process, process.tokenize(part), hungError);
      return { type: 'tokens', tokens };
    } catch (error) {
      // It has refused, or the caller has left.
      if (this.#process?.isAlive === true) throw error;
      return { type: 'ended', error };
    }
  }

  #living(): TokenizeProcess {
    if (this.#process?.isAlive !== true) {
      this.#process = null;
      this.#process = new TokenizeProcess(this.#options, this.#options.create);
    }
    return this.#process;
  }
}

function hungError(): ChatstreamError {
  return endedError(tokenisesTexts, `it has not answered for ${longestMs / 1000} s`);
}

/** Clients read it. */
function endedTwiceError(cause: unknown): ChatstreamError {
  const message = `The process that ${tokenisesTexts} has ended twice while it worked on this request: ${messageOf(cause)}`;
  return new ChatstreamError('engine_failed', message, {
    hint: 'Do not send this request again unchanged: put spaces into the text, or send a shorter one.',
    cause,
  });
}
