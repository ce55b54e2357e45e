import { untilAborted } from '../../../base/abort.js';
import { type CancelTimer, type Clock, systemClock } from '../../../base/clock.js';
import { ChatstreamError, messageOf } from '../../../base/errors.js';
import { TurnsByOwner } from '../../../base/turns-by-owner.js';
import { endedError, type Fork } from '../helpers/helper-process.js';
import { longestStartMs, startError, within } from '../helpers/time-limit.js';
import type { Part } from '../prompt/text-cuts.js';
import type { TokenizeSettings } from './tokenize-messages.js';
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

type Attempt =
  | { readonly type: 'tokens'; readonly tokens: Uint32Array }
  | { readonly type: 'unstarted' }
  | { readonly type: 'ended'; readonly error: unknown; readonly isLate: boolean };

export interface LongTextsOptions extends TokenizeSettings {
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
   * @returns null if there can be no process, for lack of memory or because the file of the model has changed
   * @throws ChatstreamError for a text at which two processes have ended (`engine_failed`) or took too long (`invalid_request`)
   */
  async read(part: Part, signal: AbortSignal = new AbortController().signal): Promise<Uint32Array | null> {
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

  async #read(part: Part, signal: AbortSignal): Promise<Uint32Array | null> {
    this.#cancelEnd?.();
    try {
      for (let deaths = 1; ; deaths += 1) {
        const attempt = await this.#attempt(part, signal);
        if (attempt.type === 'tokens') return attempt.tokens;
        signal.throwIfAborted();
        if (attempt.type === 'unstarted') return null;
        if (deaths === mostDeaths) throw attempt.isLate ? tooSlowError() : endedTwiceError(attempt.error);
      }
    } finally {
      this.#cancelEnd = this.#clock.schedule(keptMs, () => {
        this.#process?.kill();
        this.#process = null;
      });
    }
  }

  async #attempt(part: Part, signal: AbortSignal): Promise<Attempt> {
    const process = await this.#started();
    if (process === null) return { type: 'unstarted' };
    signal.throwIfAborted();
    const late = endedError(tokenisesTexts, `it has not answered for ${longestMs / 1000} s`);
    try {
      const patience = { longestMs, forNobodyMs, signal };
      const tokens = await within(patience, this.#clock, process, process.tokenize(part), () => late);
      return { type: 'tokens', tokens };
    } catch (error) {
      // It has refused, or it was stopped.
      if (process.isAlive || this.#isStopped) throw error;
      return { type: 'ended', error, isLate: error === late };
    }
  }

  /** @returns null if it could not be created, or did not become ready */
  async #started(): Promise<TokenizeProcess | null> {
    this.#assertGoesOn();
    try {
      const process = this.#living();
      await within({ longestMs: longestStartMs }, this.#clock, process, process.ready, () =>
        startError(tokenisesTexts),
      );
      return process;
    } catch {
      this.#assertGoesOn();
      return null;
    }
  }

  #assertGoesOn(): void {
    if (this.#isStopped) throw endedError(tokenisesTexts, 'it was stopped');
  }

  #living(): TokenizeProcess {
    if (this.#process?.isAlive !== true) {
      this.#process = null;
      this.#process = new TokenizeProcess(this.#options, this.#options.create);
    }
    return this.#process;
  }
}

function tooSlowError(): ChatstreamError {
  const message = `A text without a place where it can be cut takes more than ${longestMs / 1000} s to tokenise.`;
  return new ChatstreamError('invalid_request', message, { hint: 'Put spaces into it, or send a shorter one.' });
}

/** Clients read it. */
function endedTwiceError(cause: unknown): ChatstreamError {
  const message = `The process that ${tokenisesTexts} has ended twice while it worked on this request: ${messageOf(cause)}`;
  return new ChatstreamError('engine_failed', message, {
    hint: 'Do not send this request again unchanged: put spaces into the text, or send a shorter one.',
    cause,
  });
}
