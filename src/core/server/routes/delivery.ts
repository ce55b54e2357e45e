import type { FastifyReply } from 'fastify';
import { asChatstreamError, type ChatstreamError } from '../../base/errors.js';
import { clientLeftError } from '../../base/refusals/refusals.js';
import type { AdmittedRequest } from '../../inference/request.js';
import type { ServedModel } from '../../inference/service/served-model.js';
import { onResponseEnd } from '../http/connections/open-answers.js';
import type { LineContext } from '../http/context.js';
import { takeOver } from '../http/take-over.js';
import type { EventStream, StreamOptions } from '../streaming/event-stream.js';
import { QueueAnnouncement } from '../streaming/queue-announcer.js';

/** A stream, and what is to be written to it. */
export interface Streaming {
  readonly stream: EventStream;
  /** Queues what is to be generated. */
  readonly submit: () => Promise<AdmittedRequest>;
  /** It was refused: an event if the stream has begun, because its model had to be loaded, and otherwise an answer. */
  readonly refused: (error: ChatstreamError) => void;
}

/** Where an answer that is sent as one body goes. */
export interface WholeBody {
  readonly onEnd: (body: object) => void;
  readonly onFailed: (error: ChatstreamError) => void;
}

/** Why generations end when their answer is over. */
const answerOver = clientLeftError();

/** Delivers the answer to one HTTP request, however many generations it has. Used once. */
export class Delivery {
  readonly #context: Pick<LineContext, 'announcer' | 'clock' | 'options'>;
  readonly #reply: FastifyReply;
  readonly #model: Pick<ServedModel, 'loading'>;
  readonly #client = new AbortController();

  /** @param model the requested one; without it, nothing is loaded on demand */
  constructor(
    context: Pick<LineContext, 'announcer' | 'clock' | 'options'>,
    reply: FastifyReply,
    model: Pick<ServedModel, 'loading'> = {},
  ) {
    this.#context = context;
    this.#reply = reply;
    this.#model = model;
    // After a complete answer too: it may be the refusal of one choice, and then the others have to end. The reason is given
    // because Node.js would make an error with a stack trace for each answer.
    onResponseEnd(reply.request.raw, reply.raw, () => {
      this.#client.abort(answerOver);
    });
  }

  /** Aborted when the client leaves. */
  get client(): AbortSignal {
    return this.#client.signal;
  }

  /** Resolves with the body to send. @throws ChatstreamError that determines the answer's status */
  whole(submit: (body: WholeBody) => Promise<AdmittedRequest>): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#onLeaving(() => {
        reject(clientLeftError());
      });
      submit({ onEnd: resolve, onFailed: reject }).catch(reject);
    });
  }

  /**
   * Resolves when the answer has been written to the connection.
   *
   * @param includeQueue whether the client wants to know its place in the queue from the beginning
   * @throws ChatstreamError that determines the answer's status, if nothing has been written yet
   */
  streamed(includeQueue: boolean, open: (options: StreamOptions) => Streaming): Promise<undefined> {
    const { announcer, clock, options } = this.#context;
    return new Promise((resolve, reject) => {
      const { stream, submit, refused } = open({
        writeTimeoutMs: options.writeTimeoutMs,
        clock,
        onBegin: () => {
          takeOver(this.#reply);
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
      const announcement = new QueueAnnouncement(announcer, stream, includeQueue, clock, this.#model.loading);
      // Early, because the prompt is prepared while the rest is done here. What is relayed may be turned away meanwhile.
      const admission = submit();
      this.#onLeaving(() => {
        announcement.end();
        stream.abandoned();
        if (stream.begun) resolve(undefined);
        else reject(clientLeftError());
      });
      announcement.submitted();
      admission
        .then((admitted) => {
          announcement.admitted(admitted);
        })
        .catch((error: unknown) => {
          refused(asChatstreamError(error));
        });
    });
  }

  #onLeaving(callback: () => void): void {
    this.#client.signal.addEventListener('abort', callback, { once: true });
  }
}
