import { randomUUID } from 'node:crypto';
import type { App } from '../http/app-type.js';
import type { ServerContext } from '../http/context.js';
import { fromChatRequest } from '../protocol/inference-request.js';
import { chatCompletionRequest } from '../schemas/chat-completion-request.js';
import { generated } from '../schemas/responses.js';
import { refuseUnsupported, refuseUnsupportedMessages } from '../protocol/unsupported.js';
import { answerGeneration, generationErrors } from './generation.js';

export function chatCompletionRoutes(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Answer a chat',
    tags: ['generation'],
    body: chatCompletionRequest,
    response: { 200: generated('ChatCompletion', 'ChatCompletionChunk'), ...generationErrors },
  };
  app.post('/v1/chat/completions', { schema }, (request, reply) => {
    const { body } = request;
    refuseUnsupported(body);
    refuseUnsupportedMessages(body.messages);
    const id = `chatcmpl-${randomUUID()}`;
    const call = {
      kind: 'chat' as const,
      request: { ...fromChatRequest(body, id, context.options.defaultMaxTokens), requestId: request.id },
      model: body.model,
      stream: body.stream ?? false,
      streamOptions: body.stream_options,
    };
    return answerGeneration(context, call, request, reply);
  });
}
