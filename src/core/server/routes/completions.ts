import { createHash, randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { InferenceRequest } from '../../inference/request.js';
import type { App, ServerContext } from '../http/context.js';
import { CompletionEncoder, type CompletionType } from '../protocol/completion-encoder.js';
import { fromChatRequest, fromCompletionRequest } from '../protocol/completion-requests.js';
import { chatCompletionRequest, type CompletionRequest, completionRequest } from '../schemas/completion-requests.js';
import { generated } from '../schemas/openapi.js';
import { GenerationAnswer, generationErrors, servedModel } from './generation.js';

/** OpenAI's two completion APIs: chats and texts. */
export function completionRoutes(app: App, context: ServerContext): void {
  const { defaultMaxTokens } = context.options;
  const tags = ['generation'];
  const chat = {
    summary: 'Answer a chat',
    tags,
    body: chatCompletionRequest,
    response: { 200: generated('ChatCompletion', 'ChatCompletionChunk'), ...generationErrors },
  };
  app.post('/v1/chat/completions', { schema: chat }, ({ body }, reply) => {
    const request = fromChatRequest(body, `chatcmpl-${randomUUID()}`, defaultMaxTokens);
    return answer(context, 'chat', request, body, reply);
  });

  const text = {
    summary: 'Continue a text',
    tags,
    body: completionRequest,
    response: { 200: generated('Completion', 'CompletionChunk'), ...generationErrors },
  };
  app.post('/v1/completions', { schema: text }, ({ body }, reply) => {
    const request = fromCompletionRequest(body, `cmpl-${randomUUID()}`, defaultMaxTokens);
    return answer(context, 'text', request, body, reply);
  });
}

function answer(
  context: ServerContext,
  type: CompletionType,
  request: InferenceRequest,
  body: Pick<CompletionRequest, 'model' | 'stream' | 'stream_options' | 'service_tier'>,
  reply: FastifyReply,
): Promise<object | undefined> {
  const { stream, stream_options: options } = body;
  const head = {
    id: request.id,
    created: Math.floor(Date.now() / 1000),
    model: servedModel(context, body.model),
    fingerprint: fingerprintOf(context),
    serviceTier: body.service_tier ?? null,
  };
  const encoder = new CompletionEncoder(type, head, options?.include_usage ?? false);
  const generation = new GenerationAnswer(context, request, encoder, reply);
  return stream === true ? generation.streamed(options?.include_queue ?? false) : generation.whole();
}

/** Changes with the program, the model's file and the length of the context; not with the number of threads. */
function fingerprintOf({ inference, version }: ServerContext): string {
  const { engine, modelId, architecture, parameters, fileBytes, contextLength } = inference.info ?? {};
  const known = JSON.stringify([version, engine, modelId, architecture, parameters, fileBytes, contextLength]);
  return `fp_${createHash('sha256').update(known).digest('hex').slice(0, 10)}`;
}
