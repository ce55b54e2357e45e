import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChatstreamError } from '../../base/errors.js';
import type { AdmittedRequest, InferenceRequest } from '../../inference/request.js';
import { ChunkEncoder } from '../protocol/chunk-encoder.js';
import { type AnswerHead, type AnswerKind, wholeAnswer } from '../protocol/openai.js';
import type { ServerContext } from '../http/context.js';
import { onResponseEnd } from '../http/response-end.js';
import type { CompletionRequest } from '../schemas/completion-request.js';
import { errors } from '../schemas/responses.js';
import { StreamedAnswer } from '../streaming/streamed-answer.js';
import { heartbeatMs } from '../streaming/queue-announcer.js';
import { wireTimings } from '../protocol/wire-timings.js';
import { type CollectedAnswer, WholeAnswer } from '../streaming/whole-answer.js';

/** What the two generating routes may refuse with. */
export const generationErrors = errors(400, 401, 404, 413, 429, 500, 503);

/** What the two generating routes hand over, once the body is validated. */
export interface GenerationCall {
  readonly kind: AnswerKind;
  readonly request: InferenceRequest;
  readonly model: string | null | undefined;
  readonly stream: boolean;
  readonly streamOptions: CompletionRequest['stream_options'];
}

/**
 * Queues a generation and answers with it, streamed or whole.
 *
 * Resolves with the body to send, or with nothing when the answer was streamed; rejects with what deserves an error status.
 */
export async function answerGeneration(
  context: ServerContext,
  call: GenerationCall,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<object | undefined> {
  const model = servedModel(context, call.model);
  const head: AnswerHead = { id: call.request.id, created: Math.floor(Date.now() / 1000), model };
  request.log.debug({ id: head.id }, 'request queued');
  const leaving = clientLeaving(request, reply);
  if (call.stream) {
    await streamAnswer(context, call, head, reply, leaving);
    return undefined;
  }
  const { reason, text, timings } = await collectAnswer(context, call.request, leaving);
  return wholeAnswer(call.kind, head, text, reason, wireTimings(timings));
}

function servedModel({ inference }: ServerContext, wanted: string | null | undefined): string {
  const served = inference.info?.modelId;
  if (served === undefined) return wanted ?? '';
  if (wanted === undefined || wanted === null || wanted === served) return served;
  throw new ChatstreamError('model_not_found', `The model "${wanted}" is not served here.`, {
    param: 'model',
    hint: `Ask for "${served}", or leave the model out.`,
  });
}

/** Aborted when the connection closes. After a complete answer nobody listens to it any more. */
function clientLeaving(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  onResponseEnd(request.raw, reply.raw, () => {
    controller.abort();
  });
  return controller.signal;
}

function collectAnswer(
  { inference }: ServerContext,
  request: InferenceRequest,
  leaving: AbortSignal,
): Promise<CollectedAnswer> {
  return new Promise((resolve, reject) => {
    rejectOnLeaving(leaving, reject);
    inference.submit(request, new WholeAnswer(resolve, reject), leaving).catch(reject);
  });
}

function streamAnswer(
  { inference, announcer, options, clock }: ServerContext,
  { kind, request, streamOptions }: GenerationCall,
  head: AnswerHead,
  reply: FastifyReply,
  leaving: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const answer = new StreamedAnswer(reply.raw, new ChunkEncoder(kind, head), {
      includeUsage: streamOptions?.include_usage ?? false,
      writeTimeoutMs: options.writeTimeoutMs,
      onBegin: () => {
        takeOver(reply);
      },
      onFailedBeforeBegin: reject,
      onEnd: resolve,
    });
    let admitted: AdmittedRequest | undefined;
    const announce = (): void => {
      if (admitted?.place() === undefined) return;
      cancelPatience();
      answer.begin();
      announcer.watch(admitted, (comment) => {
        answer.comment(comment);
      });
    };
    // A client that hears nothing for long gives up, or its proxy does; until then a refusal keeps its status.
    let patient = streamOptions?.include_queue !== true;
    const cancelPatience = clock.schedule(heartbeatMs, () => {
      patient = false;
      announce();
    });
    const settled = (): void => {
      cancelPatience();
      if (admitted !== undefined) announcer.unwatch(admitted);
    };
    rejectOnLeaving(leaving, (error) => {
      settled();
      if (answer.begun) resolve();
      else reject(error);
    });
    inference
      .submit(request, answer, leaving)
      .then((submitted) => {
        admitted = submitted;
        // It may have run out while the request was being prepared: an engine that restarts takes its time.
        if (!patient) announce();
      })
      .catch((error: unknown) => {
        settled();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
  });
}

/** From now on the answer is written to the socket itself; what Fastify's hooks had to say about the headers is kept. */
function takeOver(reply: FastifyReply): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
}

function rejectOnLeaving(leaving: AbortSignal, reject: (error: ChatstreamError) => void): void {
  leaving.addEventListener(
    'abort',
    () => {
      reject(new ChatstreamError('cancelled', 'The client left before the answer began.'));
    },
    { once: true },
  );
}
