import type { CompletedRequest } from '../client/outcome.js';
import { outputTokensOf } from './answers/output-tokens.js';
import type { RunPart } from './run-part.js';

type CompletedCounts = Pick<
  RunPart,
  'completed' | 'good' | 'outputTokens' | 'inputTokens' | 'tokenSources' | 'queueWaitSource' | 'contentEncoding'
>;

/** Adds up what is known about completed requests, apart from their latencies. */
export class CompletedCounter {
  readonly #tokenSources = { usage: 0, chunks: 0, none: 0 };
  #requests = 0;
  #good = 0;
  #outputTokens = 0;
  #inputTokens: number | null = 0;
  #queueWaitSource: 'measured' | 'derived' | null = null;
  #contentEncoding: string | null = null;

  /** @param isGood whether it met all objectives */
  add(request: CompletedRequest, isGood: boolean): void {
    const { tokens, source } = outputTokensOf(request);
    this.#requests += 1;
    this.#tokenSources[source] += 1;
    this.#outputTokens += tokens;
    if (isGood) this.#good += 1;
    if (request.promptTokens === null) this.#inputTokens = null;
    else if (this.#inputTokens !== null) this.#inputTokens += request.promptTokens;
    this.#queueWaitSource ??= request.serverTimings?.source ?? null;
    this.#contentEncoding ??= request.contentEncoding ?? null;
  }

  get requests(): number {
    return this.#requests;
  }

  get counts(): CompletedCounts {
    return {
      completed: this.#requests,
      good: this.#good,
      outputTokens: this.#outputTokens,
      inputTokens: this.#inputTokens,
      tokenSources: { usage: this.#tokenSources.usage, chunks: this.#tokenSources.chunks },
      queueWaitSource: this.#queueWaitSource,
      contentEncoding: this.#contentEncoding,
    };
  }
}
