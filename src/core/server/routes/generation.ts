import type { FastifyReply, FastifyRequest } from 'fastify';
import { nonEmpty } from '../../base/json.js';
import type { Caller } from '../../inference/admission/admission.js';
import type { AdmittedRequest, AnswerListener, InferenceRequest } from '../../inference/request.js';
import type { ServedModel } from '../../inference/service/served-model.js';
import { lowerOf, type TrafficClass } from '../../scheduler/jobs/traffic-class.js';
import type { ServerContext } from '../http/context.js';
import { earliestDeadline } from '../http/deadline-header.js';
import { aboutAllowedModels, allowedModel } from '../http/keys/allowed-models.js';
import { clientWithoutKey } from '../http/keys/client-address.js';
import { limitHeaders } from '../http/limit-headers.js';
import type { AnswerEncoder, ChoicesEncoder } from '../protocol/answer-encoder.js';
import { errors } from '../schemas/openapi.js';
import { type Resumable, StreamedAnswer } from '../streaming/streamed-answer.js';
import { type ResumableChoices, StreamedChoices } from '../streaming/streamed-choices.js';
import { WholeAnswer } from '../streaming/whole-answer.js';
import { wholeChoices } from '../streaming/whole-choices.js';
import { Delivery } from './delivery.js';

/** The reply to a request, as far as the request is identified by it. */
interface Asking {
  readonly request: Pick<FastifyRequest, 'id' | 'headers'> & {
    readonly raw: object;
    /** Undefined once the connection is closed, whatever Fastify's types say. */
    readonly ip: string | undefined;
  };
}

/** The statuses of errors of the generating routes. */
export const generationStatuses = [400, 401, 403, 404, 408, 413, 415, 429, 500, 503] as const;

/** The error answers of the generating routes. */
export const generationErrors = errors(...generationStatuses);

/**
 * The model that a request means: the one that it names, or else the first of those that its key may use.
 *
 * @throws ChatstreamError `forbidden` if its key may not use that model, `model_not_found` if there is no such model
 */
export function servedModel(
  { models, keys }: ServerContext,
  wanted: string | null | undefined,
  { request }: FastifyReply,
): ServedModel {
  const key = keys.of(request.raw);
  if (key.models === undefined) return models.find(wanted);
  const names = models.list.map(({ id }) => id);
  const meaningOf = (name: string): unknown => models.meant(name);
  const model = allowedModel(key, nonEmpty(wanted), names, meaningOf);
  try {
    return models.find(model);
  } catch (error) {
    throw aboutAllowedModels(error, key, model, names, meaningOf);
  }
}

/** The sender of a request, and its class. A request may lower its class, but not raise it. */
export function callerOf({ keys }: Pick<ServerContext, 'keys'>, { request }: Asking, wanted?: TrafficClass): Caller {
  const { trafficClass: highest } = keys.of(request.raw);
  const trafficClass = lowerOf(highest, wanted ?? highest);
  return {
    trafficClass,
    ...keys.ownerOf(request.raw),
    ...(!keys.tellsApart && { address: clientWithoutKey(request.ip) }),
  };
}

/** The request with what the client's key and headers determine, whatever the request itself may say. */
export function identified(
  request: Omit<InferenceRequest, 'requestId' | 'key' | 'payer'>,
  context: Pick<ServerContext, 'keys'>,
  reply: Asking,
): InferenceRequest {
  const { id, headers } = reply.request;
  const own: Pick<InferenceRequest, 'requestId'> = { requestId: id };
  return {
    // At the beginning for speed, and at the end so that nothing in the request overrides it.
    requestId: id,
    ...request,
    ...callerOf(context, reply, request.trafficClass),
    ...earliestDeadline(request.deadlineMs, headers),
    ...own,
  };
}

/**
 * Tells the client what is left of its key's limits, even if the request is refused. Called when the request has been
 * counted, or was not.
 */
export function sendLimits({ keys, rates }: Pick<ServerContext, 'keys' | 'rates'>, reply: FastifyReply): void {
  reply.headers(limitHeaders(rates, keys.payerOf(reply.request.raw)));
}

/**
 * Counts a request for which nothing is generated against the limits of its key, and tells the client what it has left.
 *
 * @throws ChatstreamError `rate_limited`, `quota_exceeded`
 */
export function countAgainstLimits(context: ServerContext, reply: FastifyReply): void {
  try {
    context.rates.take(context.keys.payerOf(reply.request.raw), 1);
  } finally {
    sendLimits(context, reply);
  }
}

/** The answer to one request, in whichever protocol: queues the request and delivers what is generated. Used once. */
export class GenerationAnswer {
  readonly #context: ServerContext;
  readonly #model: ServedModel;
  readonly #request: InferenceRequest;
  readonly #encoder: AnswerEncoder;
  readonly #reply: FastifyReply;
  readonly #delivery: Delivery;

  constructor(
    context: ServerContext,
    model: ServedModel,
    request: InferenceRequest,
    encoder: AnswerEncoder,
    reply: FastifyReply,
  ) {
    this.#context = context;
    this.#model = model;
    this.#request = identified(request, context, reply);
    this.#encoder = encoder;
    this.#reply = reply;
    this.#delivery = new Delivery(context, reply, model);
    reply.log.debug({ id: request.id }, 'request received');
  }

  /** Resolves with the body to send. @throws ChatstreamError that determines the answer's status */
  whole(): Promise<object> {
    return this.#delivery.whole(({ onEnd, onFailed }) => this.#submit(new WholeAnswer(this.#encoder, onEnd, onFailed)));
  }

  /**
   * Resolves when the answer has been written to the connection.
   *
   * @param includeQueue whether the client wants to know its place in the queue from the beginning
   * @param resumable of a stream that another server can continue with
   * @throws ChatstreamError that determines the answer's status, if nothing has been written yet
   */
  streamed(includeQueue: boolean, resumable: Resumable | null = null): Promise<undefined> {
    return this.#delivery.streamed(includeQueue, (options) => {
      const answer = new StreamedAnswer(this.#reply.raw, this.#encoder, options, resumable);
      return {
        stream: answer.stream,
        submit: () => this.#submit(answer),
        refused: (error) => {
          answer.failed(error);
        },
      };
    });
  }

  #submit(listener: AnswerListener): Promise<AdmittedRequest> {
    const admission = this.#model.inference.submit(this.#request, listener, this.#delivery.client);
    sendLimits(this.#context, this.#reply);
    return admission;
  }
}

/** The answer to one HTTP request with several generations, in whichever protocol. Used once. */
export class ChoicesAnswer {
  readonly #context: ServerContext;
  readonly #model: ServedModel;
  readonly #requests: readonly InferenceRequest[];
  readonly #encoder: ChoicesEncoder;
  readonly #reply: FastifyReply;
  readonly #delivery: Delivery;
  /** Aborted when the client leaves, and when one generation has failed. */
  readonly #generations = new AbortController();

  /** @param requests one for each generation, in the order of the choices */
  constructor(
    context: ServerContext,
    model: ServedModel,
    requests: readonly InferenceRequest[],
    encoder: ChoicesEncoder,
    reply: FastifyReply,
  ) {
    this.#context = context;
    this.#model = model;
    this.#requests = requests.map((request) => identified(request, context, reply));
    this.#encoder = encoder;
    this.#reply = reply;
    this.#delivery = new Delivery(context, reply, model);
    this.#delivery.client.addEventListener('abort', () => {
      this.#generations.abort();
    });
    reply.log.debug({ ids: requests.map(({ id }) => id) }, 'request received');
  }

  /** See `GenerationAnswer.whole`. */
  whole(): Promise<object> {
    return this.#delivery.whole(({ onEnd, onFailed }) =>
      this.#submit(
        wholeChoices({
          encoder: this.#encoder,
          count: this.#requests.length,
          onEnd,
          onFailed: (error) => {
            onFailed(error);
            this.#generations.abort();
          },
        }),
      ),
    );
  }

  /**
   * See `GenerationAnswer.streamed`.
   *
   * @param resumable of choices with which another server can continue; those that have ended elsewhere are not generated here
   */
  streamed(includeQueue: boolean, resumable: ResumableChoices | null = null): Promise<undefined> {
    return this.#delivery.streamed(includeQueue, (options) => {
      const onFailed = (): void => {
        this.#generations.abort();
      };
      const count = resumable?.begun?.length ?? this.#requests.length;
      const choices = { encoder: this.#encoder, count, onFailed, resumable };
      const answer = new StreamedChoices(this.#reply.raw, choices, options);
      return {
        stream: answer.stream,
        submit: () => this.#submit(answer.listeners),
        refused: (error) => {
          answer.failed(error);
        },
      };
    });
  }

  #submit(listeners: readonly AnswerListener[]): Promise<AdmittedRequest> {
    const submissions = listeners.flatMap((listener, index) => {
      const request = this.#requests[index];
      return request === undefined ? [] : [{ request, listener }];
    });
    const admission = this.#model.inference.submitAll(submissions, this.#generations.signal);
    sendLimits(this.#context, this.#reply);
    return admission;
  }
}
