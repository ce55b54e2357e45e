import { setImmediate as nextIteration } from 'node:timers/promises';
import { asChatstreamError } from '../../base/errors.js';
import type { PromptEngine, Token } from '../../engine/engine.js';
import type { TokenSpelling } from '../../engine/token-spelling.js';
import type { TokenizeOptions } from '../../engine/tokenize-options.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import type { Admission, Caller } from '../admission/admission.js';
import { areManyTokens, isLongText } from '../admission/long-work.js';
import type { InferenceJob } from '../queue/inference-job.js';
import { afterOtherInput } from './event-loop.js';
import { withRetryAfter } from './retry-after.js';

/**
 * Calls that turn text into tokens and back. They do not wait in the queue, but each takes a place while it is answered.
 *
 * A megabyte of text can be half a million tokens. They come from the engine in one iteration of the event loop, or are
 * read from a body, and are written for the client or the engine in another one.
 */
export class Translation {
  readonly #engine: Pick<PromptEngine, 'tokenize' | 'detokenize' | 'spell'>;
  readonly #scheduler: Pick<JobScheduler<InferenceJob>, 'retryAfterSeconds'>;
  readonly #admission: Pick<Admission, 'holdPlace' | 'inTurn'>;

  constructor(
    engine: Pick<PromptEngine, 'tokenize' | 'detokenize' | 'spell'>,
    scheduler: Pick<JobScheduler<InferenceJob>, 'retryAfterSeconds'>,
    admission: Pick<Admission, 'holdPlace' | 'inTurn'>,
  ) {
    this.#engine = engine;
    this.#scheduler = scheduler;
    this.#admission = admission;
  }

  /**
   * @param client aborted when the client leaves: the work ends, and the call rejects with the reason
   * @throws ChatstreamError `queue_full`, `draining`, `engine_unavailable`, `engine_failed`
   */
  tokenize(
    text: string,
    options: TokenizeOptions,
    client: AbortSignal,
    caller: Caller = {},
  ): Promise<readonly Token[]> {
    const ask = async (): Promise<readonly Token[]> => {
      const tokens = await this.#engine.tokenize(text, options, client);
      if (areManyTokens(tokens)) await afterOtherInput();
      return tokens;
    };
    return this.#translate(ask, isLongText(text), client, caller);
  }

  /** As {@link tokenize}. @throws ChatstreamError also `invalid_request` for a number outside the vocabulary */
  detokenize(tokens: readonly Token[], client: AbortSignal, caller: Caller = {}): Promise<string> {
    return this.#ofTokens(tokens, () => this.#engine.detokenize(tokens, client), client, caller);
  }

  /** How each token is written. As {@link detokenize}. */
  spell(tokens: readonly Token[], client: AbortSignal, caller: Caller = {}): Promise<readonly TokenSpelling[]> {
    return this.#ofTokens(tokens, () => this.#engine.spell(tokens, client), client, caller);
  }

  #ofTokens<T>(tokens: readonly Token[], read: () => Promise<T>, client: AbortSignal, caller: Caller): Promise<T> {
    const ask = async (): Promise<T> => {
      const isMuch = areManyTokens(tokens);
      if (isMuch) await nextIteration();
      const answer = await read();
      if (isMuch) await afterOtherInput();
      return answer;
    };
    return this.#translate(ask, isLongText(tokens), client, caller);
  }

  async #translate<T>(ask: () => Promise<T>, isLong: boolean, client: AbortSignal, caller: Caller): Promise<T> {
    try {
      return await this.#admission.holdPlace(caller, () => this.#admission.inTurn(caller, isLong, ask, client));
    } catch (error) {
      throw withRetryAfter(asChatstreamError(error), this.#scheduler);
    }
  }
}
