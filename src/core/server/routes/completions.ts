import { randomUUID } from 'node:crypto';
import type { App } from '../http/app-type.js';
import type { ServerContext } from '../http/context.js';
import { fromCompletionRequest } from '../protocol/inference-request.js';
import { completionRequest } from '../schemas/completion-request.js';
import { generated } from '../schemas/responses.js';
import { refuseUnsupported } from '../protocol/unsupported.js';
import { answerGeneration, generationErrors } from './generation.js';

export function completionRoutes(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Continue a text',
    tags: ['generation'],
    body: completionRequest,
    response: { 200: generated('Completion', 'CompletionChunk'), ...generationErrors },
  };
  app.post('/v1/completions', { schema }, (request, reply) => {
    const { body } = request;
    refuseUnsupported(body);
    const id = `cmpl-${randomUUID()}`;
    const call = {
      kind: 'completion' as const,
      request: { ...fromCompletionRequest(body, id, context.options.defaultMaxTokens), requestId: request.id },
      model: body.model,
      stream: body.stream ?? false,
      streamOptions: body.stream_options,
    };
    return answerGeneration(context, call, request, reply);
  });
}
