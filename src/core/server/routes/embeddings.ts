import { randomUUID } from 'node:crypto';
import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import type { AnswerListener } from '../../inference/request.js';
import type { App, ServerContext } from '../http/context.js';
import { assertDimensions, EmbeddingEncoder, fromEmbeddingRequest } from '../protocol/completions/embeddings.js';
import { embeddingRequest } from '../schemas/completions/embeddings.js';
import { json } from '../schemas/openapi.js';
import { Delivery, type WholeBody } from './delivery.js';
import { generationErrors, identified, sendLimits, servedModel } from './generation.js';

/** OpenAI's API for embeddings. A request takes one place in the queue, however many inputs it has. */
export function embeddingRoutes(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Embeddings of texts',
    tags: ['embeddings'],
    body: embeddingRequest,
    response: { 200: json('A vector for each input.', 'Embeddings'), ...generationErrors },
  };
  app.post('/v1/embeddings', { schema }, async ({ body }, reply) => {
    const request = identified(fromEmbeddingRequest(body, `embd-${randomUUID()}`), context, reply);
    const { name, inference } = servedModel(context, body.model, reply);
    const encoder = new EmbeddingEncoder(name, body);
    assertDimensions(body.dimensions, inference.info?.embeddings?.dimensions ?? Infinity);
    reply.log.debug({ id: request.id }, 'request received');
    const delivery = new Delivery(context, reply);
    return await delivery.whole((answer) => {
      const admission = inference.submit(request, listenerOf(encoder, answer), delivery.client);
      sendLimits(context, reply);
      return admission;
    });
  });
}

/** Collects the vectors of one request. */
function listenerOf(encoder: EmbeddingEncoder, { onEnd, onFailed }: WholeBody): AnswerListener {
  const vectors: (string | number[])[] = [];
  return {
    started: () => undefined,
    parts: () => {
      onFailed(new ChatstreamError('internal', 'The engine wrote text where embeddings were wanted.'));
    },
    embedded: (index, vector) => {
      try {
        vectors[index] = encoder.vector(vector);
      } catch (error) {
        onFailed(asChatstreamError(error));
      }
    },
    ended: (_reason, _parts, timings) => {
      onEnd(encoder.whole(vectors, timings));
    },
    failed: onFailed,
  };
}
