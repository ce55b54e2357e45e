import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { clientOf } from '../http/connections/open-answers.js';
import type { App, ServerContext } from '../http/context.js';
import { sendLeftOut } from '../http/left-out.js';
import { goingOn } from '../protocol/completions/resumption.js';
import { Fingerprints } from '../protocol/fingerprint.js';
import { MessagesEncoder } from '../protocol/messages/messages-encoder.js';
import { fromMessagesRequest, showsThoughts } from '../protocol/messages/messages-requests.js';
import { leftOutBlocks, leftOutTools } from '../protocol/requests/hosted-tools.js';
import { messagesRequest } from '../schemas/messages/messages-requests.js';
import { errorsAs, generatedEvents, json } from '../schemas/openapi.js';
import { callerOf, countAgainstLimits, GenerationAnswer, generationStatuses, servedModel } from './generation.js';
import { resumableAnswer } from './resuming.js';

const tokenCount = Type.Object({ input_tokens: Type.Integer({ minimum: 0 }) });

/** Anthropic's Messages API. */
export function messagesRoutes(app: App, context: ServerContext): void {
  const { options } = context;
  const fingerprints = new Fingerprints(context.version);
  const tags = ['messages'];
  const failures = errorsAs('MessagesError', generationStatuses);
  const description = 'Errors have the shape of MessagesError.';
  const message = {
    summary: "Answer a chat, in Anthropic's shape",
    tags,
    description,
    body: messagesRequest,
    response: { 200: generatedEvents('Message', 'MessagesEvent', 'MessagesError'), ...failures },
  };
  app.post('/v1/messages', { schema: message }, ({ body, id: requestId }, reply) => {
    const request = fromMessagesRequest(body, newMessageId(), options.defaultMaxTokens);
    sendLeftOut([...leftOutTools(body.tools ?? []), ...leftOutBlocks(body.messages)], reply);
    const { maxTokens, stop: stopSequences } = request;
    const model = servedModel(context, body.model, reply);
    const { info } = model.inference;
    const resume = body.resume ?? null;
    const isStream = body.stream === true;
    const { name, resumable, asserting } = resumableAnswer(
      { id: request.id, created: Math.floor(Date.now() / 1000), model: model.name },
      { info, fingerprints },
      { resume, isPossible: isStream },
      reply,
    );
    const head = { id: name.id, model: name.model, requestId };
    const encoder = new MessagesEncoder({ maxTokens, stopSequences, showsThoughts: showsThoughts(body), ...head });
    const generated = resume === null ? request : goingOn({ ...request, ...asserting }, resume, info);
    const generation = new GenerationAnswer(context, model, generated, encoder, reply);
    const includeQueue = body.stream_options?.include_queue ?? false;
    return isStream ? generation.streamed(includeQueue, resumable) : generation.whole();
  });

  const count = {
    summary: 'Count the tokens of a prompt',
    tags,
    description,
    body: messagesRequest,
    response: { 200: json('The number of tokens.', tokenCount), ...failures },
  };
  app.post('/v1/messages/count_tokens', { schema: count }, async ({ body }, reply) => {
    const request = fromMessagesRequest(body, newMessageId(), options.defaultMaxTokens);
    const { inference } = servedModel(context, body.model, reply);
    countAgainstLimits(context, reply);
    const caller = callerOf(context, reply, request.trafficClass);
    const prompt = await inference.promptOf({ ...request, ...caller }, clientOf(reply));
    return { input_tokens: prompt.length };
  });
}

function newMessageId(): string {
  return `msg_${randomBytes(12).toString('hex')}`;
}
