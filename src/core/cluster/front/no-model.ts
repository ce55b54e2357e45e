import type { ChatstreamError } from '../../base/errors.js';
import type { InferenceRequest, Submission } from '../../inference/request.js';
import type { RequestEvents } from '../../inference/request-events.js';
import type { ModelService } from '../../inference/service/served-model.js';

/** Stands in while no node has any model: refuses each request, which is counted and logged as refused. */
export class NoModel implements ModelService {
  readonly info = null;
  /** Allows any number of generations, because that is not the reason for the refusal. */
  readonly limits = { maxConcurrency: Infinity, maxQueue: Infinity };
  readonly #events: RequestEvents;
  readonly #now: () => number;
  readonly #refusal: () => ChatstreamError;

  /** @param now in milliseconds of the clock of the events */
  constructor(events: RequestEvents, now: () => number, refusal: () => ChatstreamError) {
    this.#events = events;
    this.#now = now;
    this.#refusal = refusal;
  }

  submit(request: InferenceRequest): Promise<never> {
    return this.submitAll([{ request }]);
  }

  submitAll(submissions: readonly Pick<Submission, 'request'>[]): Promise<never> {
    const refusal = this.#refusal();
    this.refuse(
      submissions.map(({ request }) => request),
      refusal,
    );
    return Promise.reject(refusal);
  }

  refuse(requests: readonly InferenceRequest[], error: ChatstreamError): void {
    for (const request of requests) this.#events.refused(request, error, this.#now());
  }

  promptOf(): Promise<never> {
    return Promise.reject(this.#refusal());
  }

  tokenize(): Promise<never> {
    return Promise.reject(this.#refusal());
  }

  detokenize(): Promise<never> {
    return Promise.reject(this.#refusal());
  }

  spell(): Promise<never> {
    return Promise.reject(this.#refusal());
  }
}
