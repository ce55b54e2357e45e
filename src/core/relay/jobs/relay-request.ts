import type { ChatstreamError } from '../../base/errors.js';
import type { WholeAnswer } from '../../executor/upstream/exchange/failure.js';
import type { TrafficClass } from '../../scheduler/jobs/traffic-class.js';

/** A request that is passed on as it came. */
export interface RelayRequest {
  readonly id: string;
  /** The client's own name for it, for the log. */
  readonly requestId?: string;
  /** The name of the key that it came with; none on a server without keys. */
  readonly key?: string;
  /** See `InferenceRequest.payer`. */
  readonly payer?: string;
  readonly trafficClass: TrafficClass;
  /** The requested model; null if the request leaves it open. */
  readonly model: string | null;
  readonly path: string;
  /** Whether another chatstream server may continue its answer where the first one stopped. */
  readonly isResumable: boolean;
  /** Whether its answer comes in one body, so that none of its tokens is seen before its end; left out for a stream. */
  readonly isWhole?: boolean;
  /** Those that are passed on. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it came. */
  readonly body: string;
  /** The same with another name for the model. */
  readonly bodyFor: (model: string) => string;
  /** Estimated. */
  readonly promptTokens: number;
  /** Milliseconds after its arrival from which on starting it is useless; none for a request that can wait. */
  readonly deadlineMs?: number;
  /** Its answers, which upstreams generate beside each other, 1 or more; left out for one. */
  readonly places?: number;
  /** How many of them each prompt has, and the parameter that says so; left out for one. */
  readonly choices?: { readonly ofEach: number; readonly param: 'n' | 'best_of' };
  /** The maximum number of output tokens, 1 or more; a guess if the request does not say. */
  readonly maxTokens: number;
  /**
   * The minimum number of output tokens of each answer, up to `maxTokens`, if the upstream supports such a parameter.
   */
  readonly minTokens?: number;
}

/** Receives the answer to one request: `whole`, or `begun`, `data` and `ended`, or `failed` at any time. */
export interface RelayListener {
  /** The request left the queue. */
  started(): void;
  /** @param executor the name of the upstream that answers */
  whole(answer: WholeAnswer, executor: string): void;
  begun(executor: string): void;
  data(chunk: Buffer): void;
  /** The stream is over. If the upstream has failed in it, the stream says so. */
  ended(): void;
  failed(error: ChatstreamError): void;
}
