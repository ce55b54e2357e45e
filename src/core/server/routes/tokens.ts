import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { ModelService } from '../../inference/service/served-model.js';
import { clientOf } from '../http/connections/open-answers.js';
import type { App, ServerContext } from '../http/context.js';
import { refuseUnsupportedTokenizing } from '../protocol/requests/unsupported.js';
import { errors, json } from '../schemas/openapi.js';
import { callerOf, countAgainstLimits, servedModel } from './generation.js';

const text = Type.Object({ content: Type.String() });
const tokens = Type.Object({ tokens: Type.Array(Type.Integer({ minimum: 0 })) });
const model = Type.Optional(Type.String({ description: 'Whose vocabulary, where several models are served.' }));
const textOfModel = Type.Object({ ...text.properties, model });
const tokensOfModel = Type.Object({ ...tokens.properties, model });

export function tokenRoutes(app: App, context: ServerContext): void {
  // With one model, a name has always been ignored here.
  const inferenceFor = (wanted: string | undefined, reply: FastifyReply): ModelService => {
    const { inference } = servedModel(context, context.line.modelQueues === undefined ? null : wanted, reply);
    countAgainstLimits(context, reply);
    return inference;
  };
  const tags = ['tokens'];
  const failures = errors(400, 401, 403, 404, 408, 413, 415, 429, 500, 503);
  const tokenizing = {
    summary: 'Tokens of a text',
    tags,
    body: textOfModel,
    response: { 200: json('The tokens.', tokens), ...failures },
  };
  app.post('/tokenize', { schema: tokenizing }, async ({ body }, reply) => {
    refuseUnsupportedTokenizing(body);
    const inference = inferenceFor(body.model, reply);
    return { tokens: await inference.tokenize(body.content, clientOf(reply), callerOf(context, reply)) };
  });
  const detokenizing = {
    summary: 'Text of tokens',
    tags,
    body: tokensOfModel,
    response: { 200: json('The text.', text), ...failures },
  };
  app.post('/detokenize', { schema: detokenizing }, async ({ body }, reply) => {
    const inference = inferenceFor(body.model, reply);
    return { content: await inference.detokenize(body.tokens, clientOf(reply), callerOf(context, reply)) };
  });
}
