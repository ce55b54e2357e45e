import type { FastifyReply } from 'fastify';
import { clientLeftError, modelNotFoundError } from '../../base/refusals.js';
import type { InferenceRequest } from '../../inference/request.js';
import type { ServerContext } from '../http/context.js';
import { onResponseEnd } from '../http/open-answers.js';
import type { AnswerEncoder } from '../protocol/answer-encoder.js';
import { errors } from '../schemas/openapi.js';
import { QueueAnnouncement } from '../streaming/queue-announcer.js';
import { StreamedAnswer } from '../streaming/streamed-answer.js';
import { WholeAnswer } from '../streaming/whole-answer.js';
import { answersTo, modelNames } from './model-names.js';

/** The error answers of the generating routes. */
export const generationErrors = errors(400, 401, 404, 408, 413, 415, 429, 500, 503);

/**
 * The name of the model that will answer: the one by which the client asked for it, or else its first. Clients compare
 * both, and some take another name for another model.
 *
 * @throws ChatstreamError `model_not_found` if the client asked for another one
 */
export function servedModel({ inference, options }: ServerContext, wanted: string | null | undefined): string {
  const { info } = inference;
  if (info === null) return wanted ?? '';
  const [first = info.modelId] = modelNames(info.modelId, options.aliases);
  if (wanted === undefined || wanted === null || wanted === '') return first;
  if (answersTo(wanted, info.modelId, options.aliases)) return wanted;
  throw modelNotFoundError(wanted, first);
}

/** The answer to one request, in whichever protocol: queues the request and delivers what is generated. Used once. */
export class GenerationAnswer {
  readonly #context: ServerContext;
  readonly #request: InferenceRequest;
  readonly #encoder: AnswerEncoder;
  readonly #reply: FastifyReply;
  readonly #client = new AbortController();

  constructor(context: ServerContext, request: InferenceRequest, encoder: AnswerEncoder, reply: FastifyReply) {
    this.#context = context;
    this.#request = { ...request, requestId: reply.request.id };
    this.#encoder = encoder;
    this.#reply = reply;
    reply.log.debug({ id: request.id }, 'request received');
    // After a complete answer this aborts as well; by then there is no listener left.
    onResponseEnd(reply.request.raw, reply.raw, () => {
      this.#client.abort();
    });
  }

  /** Resolves with the body to send. @throws ChatstreamError that determines the answer's status */
  whole(): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#onLeaving(() => {
        reject(clientLeftError());
      });
      const answer = new WholeAnswer(this.#encoder, resolve, reject);
      this.#context.inference.submit(this.#request, answer, this.#client.signal).catch(reject);
    });
  }

  /**
   * Resolves when the answer has been written to the connection.
   *
   * @param includeQueue whether the client wants to know its place in the queue from the beginning
   * @throws ChatstreamError that determines the answer's status, if nothing has been written yet
   */
  streamed(includeQueue: boolean): Promise<undefined> {
    const { inference, announcer, clock, options } = this.#context;
    return new Promise((resolve, reject) => {
      const answer = new StreamedAnswer(this.#reply.raw, this.#encoder, {
        writeTimeoutMs: options.writeTimeoutMs,
        clock,
        onBegin: () => {
          this.#takeOver();
        },
        onFailedBeforeBegin: (error) => {
          announcement.end();
          reject(error);
        },
        onEnd: () => {
          announcement.end();
          resolve(undefined);
        },
      });
      const announcement = new QueueAnnouncement(announcer, answer, includeQueue, clock);
      this.#onLeaving(() => {
        announcement.end();
        answer.abandoned();
        if (answer.begun) resolve(undefined);
        else reject(clientLeftError());
      });
      inference
        .submit(this.#request, answer, this.#client.signal)
        .then((admitted) => {
          announcement.admitted(admitted);
        })
        .catch((error: unknown) => {
          announcement.end();
          reject(error instanceof Error ? error : new Error(String(error)));
        });
    });
  }

  #onLeaving(callback: () => void): void {
    this.#client.signal.addEventListener('abort', callback, { once: true });
  }

  /** From now on the answer is written to the response itself; headers that Fastify's hooks have set are kept. */
  #takeOver(): void {
    this.#reply.hijack();
    for (const [name, value] of Object.entries(this.#reply.getHeaders())) {
      if (value !== undefined) this.#reply.raw.setHeader(name, value);
    }
  }
}
