import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Token } from '../../engine/engine.js';
import type { ModelService } from '../../inference/service/served-model.js';
import { clientOf } from '../http/connections/open-answers.js';
import type { App, ServerContext } from '../http/context.js';
import { fromChatRequest } from '../protocol/completions/completion-requests.js';
import { requestedTokenizing, type TokenSource } from '../protocol/completions/tokenizing.js';
import {
  detokenizeAnswer,
  detokenizeRequest,
  tokenizeAnswer,
  tokenizeRequest,
} from '../schemas/completions/tokenizing.js';
import { errors, json } from '../schemas/openapi.js';
import { callerOf, countAgainstLimits, servedModel } from './generation.js';

export function tokenRoutes(app: App, context: ServerContext): void {
  // With one model, a name has always been ignored here.
  const inferenceFor = (wanted: string | null | undefined, reply: FastifyReply): ModelService => {
    const { inference } = servedModel(context, context.line.modelQueues === undefined ? null : wanted, reply);
    countAgainstLimits(context, reply);
    return inference;
  };
  const tags = ['tokens'];
  const failures = errors(400, 401, 403, 404, 408, 413, 415, 429, 500, 503);
  const tokenizing = {
    summary: 'Tokens of a text or of a chat',
    tags,
    body: tokenizeRequest,
    response: { 200: json('The tokens.', tokenizeAnswer), ...failures },
  };
  app.post('/tokenize', { schema: tokenizing }, async ({ body }, reply) => {
    const asked = requestedTokenizing(body);
    const tokensOf = reader(context, asked.source, reply);
    const inference = inferenceFor(body.model, reply);
    const tokens = await tokensOf(inference);
    const { form, spells } = asked;
    const spellings = spells ? await inference.spell(tokens, clientOf(reply), callerOf(context, reply)) : null;
    if (form === 'vllm') {
      const names = spellings?.map(({ name }) => name) ?? null;
      return { count: tokens.length, max_model_len: inference.info?.contextLength, tokens, token_strs: names };
    }
    return { tokens: spellings === null ? tokens : tokens.map((id, at) => ({ id, piece: spellings[at]?.piece })) };
  });
  const detokenizing = {
    summary: 'Text of tokens',
    tags,
    body: detokenizeRequest,
    response: { 200: json('The text.', detokenizeAnswer), ...failures },
  };
  app.post('/detokenize', { schema: detokenizing }, async ({ body }, reply) => {
    const inference = inferenceFor(body.model, reply);
    const text = await inference.detokenize(body.tokens, clientOf(reply), callerOf(context, reply));
    return { content: text, prompt: text };
  });
}

/**
 * Has a model make the tokens.
 *
 * @throws ChatstreamError `invalid_request` for a chat that is not supported, before any model is asked
 */
function reader(
  context: ServerContext,
  source: TokenSource,
  reply: FastifyReply,
): (inference: ModelService) => Promise<readonly Token[]> {
  const client = clientOf(reply);
  if (source.type === 'text') {
    const { text, options } = source;
    return (inference) => inference.tokenize(text, options, client, callerOf(context, reply));
  }
  const request = fromChatRequest(source.body, randomUUID(), context.options.defaultMaxTokens);
  const caller = callerOf(context, reply, request.trafficClass);
  return (inference) => inference.promptOf({ ...request, ...caller }, client);
}
