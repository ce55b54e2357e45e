import { untilAborted } from '../base/abort.js';
import { asChatstreamError } from '../base/errors.js';
import type { PromptEngine, Token } from '../engine/engine.js';
import type { JobScheduler } from '../scheduler/job-scheduler.js';
import type { InferenceJob } from './inference-job.js';
import { withRetryAfter } from './processing.js';

/** Calls that turn text into tokens and back. They wait in no queue. */
export class Translation {
  readonly #engine: Pick<PromptEngine, 'tokenize' | 'detokenize'>;
  readonly #scheduler: Pick<JobScheduler<InferenceJob>, 'retryAfterSeconds'>;
  #pending = 0;

  constructor(
    engine: Pick<PromptEngine, 'tokenize' | 'detokenize'>,
    scheduler: Pick<JobScheduler<InferenceJob>, 'retryAfterSeconds'>,
  ) {
    this.#engine = engine;
    this.#scheduler = scheduler;
  }

  /** Number of calls that are not answered yet. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * @param client aborted when the client leaves: the work ends, and the call rejects with the reason
   * @throws ChatstreamError `engine_unavailable`, `engine_failed`
   */
  tokenize(text: string, client: AbortSignal): Promise<readonly Token[]> {
    return this.#translate(this.#engine.tokenize(text, client), client);
  }

  /** As {@link tokenize}. @throws ChatstreamError also `invalid_request` for a number outside the vocabulary */
  detokenize(tokens: readonly Token[], client: AbortSignal): Promise<string> {
    return this.#translate(this.#engine.detokenize(tokens, client), client);
  }

  async #translate<T>(answer: Promise<T>, client: AbortSignal): Promise<T> {
    this.#pending += 1;
    try {
      return await untilAborted(answer, client);
    } catch (error) {
      throw withRetryAfter(asChatstreamError(error), this.#scheduler);
    } finally {
      this.#pending -= 1;
    }
  }
}
