import { type Demand, noKey } from '../scheduler/jobs/demand.js';
import { Job } from '../scheduler/jobs/job.js';
import { usualClass } from '../scheduler/jobs/traffic-class.js';
import type { InferenceRequest } from './request.js';

/** What a line has to know of a request. */
type ClientRequest = Pick<InferenceRequest, 'id' | 'key' | 'payer' | 'trafficClass' | 'maxTokens' | 'deadlineMs'>;

/** The job of a request whose client may leave, whatever executes it. */
export abstract class ClientJob<R extends ClientRequest> extends Job {
  override readonly deadlineMs: number | null;
  readonly #demand: Demand;
  #stopWatching: () => void = () => undefined;

  constructor(
    readonly request: R,
    { promptTokens, minTokens = 0 }: Pick<Demand, 'promptTokens' | 'minTokens'>,
    readonly arrivedMs: number,
  ) {
    super();
    const { key = noKey, payer, trafficClass = usualClass, maxTokens, deadlineMs } = request;
    this.deadlineMs = deadlineMs === undefined ? null : arrivedMs + deadlineMs;
    this.#demand = {
      ...{ key, trafficClass, promptTokens, maxTokens },
      ...(minTokens > 0 && { minTokens }),
      ...(payer !== undefined && { payer }),
    };
  }

  override get demand(): Demand {
    return this.#demand;
  }

  get id(): string {
    return this.request.id;
  }

  /** Calls `leave` when the client leaves, until {@link unwatch}. */
  watch(client: AbortSignal, leave: () => void): void {
    client.addEventListener('abort', leave, { once: true });
    this.#stopWatching = () => {
      client.removeEventListener('abort', leave);
    };
  }

  unwatch(): void {
    this.#stopWatching();
  }
}
