import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { ChatstreamError } from '../../base/errors.js';
import type { App, ServerContext } from '../http/context.js';
import { Conversations } from '../protocol/responses/conversations.js';
import { type FindItem, inputItems } from '../protocol/responses/input-items.js';
import { newKey, responseId } from '../protocol/responses/item-ids.js';
import { listedItems } from '../protocol/responses/item-lists.js';
import { qualifiedNames } from '../protocol/responses/namespaces.js';
import { ResponseEncoder } from '../protocol/responses/response-encoder.js';
import { type ResponseFields, responseFields } from '../protocol/responses/response-fields.js';
import { aboutInput, fromResponseRequest } from '../protocol/responses/response-requests.js';
import { StoredResponses } from '../protocol/responses/stored-responses.js';
import { itemPage } from '../schemas/item-pages.js';
import { errors, generatedEvents, json } from '../schemas/openapi.js';
import type { ConversationItem } from '../schemas/response-items.js';
import { type ResponseRequest, responseRequest } from '../schemas/response-requests.js';
import { MemoryStore } from '../store/memory-store.js';
import { conversationRoutes } from './conversations.js';
import { GenerationAnswer, generationErrors, servedModel } from './generation.js';

/** Besides the time of --store-ttl. A turn of a chat takes some kilobytes. Stated in docs/api.md as well. */
const mostResponses = 10_000;
const mostBytes = 128 * 1024 ** 2;

const tags = ['responses'];
const stored = Type.Object({ id: Type.String() });
const storedErrors = errors(400, 401, 404, 503);

/** OpenAI's Responses API: answers that are kept, and that later requests continue. */
export function responseRoutes(app: App, context: ServerContext): void {
  const { options, clock } = context;
  const limits = { mostValues: mostResponses, mostBytes, ttlMs: options.storeTtlMs };
  const responses = new StoredResponses(new MemoryStore(limits, clock));
  const conversations = new Conversations(new MemoryStore(limits, clock));
  conversationRoutes(app, conversations, responses);

  const create = {
    summary: 'Answer a conversation, and keep the answer',
    tags,
    body: responseRequest,
    response: { 200: generatedEvents('Response', 'ResponseStreamEvent'), ...generationErrors },
  };
  app.post('/v1/responses', { schema: create }, ({ body }, reply) =>
    answer(context, { responses, conversations }, body, reply),
  );

  const retrieve = {
    summary: 'A stored response',
    tags,
    params: stored,
    querystring: Type.Object({ stream: Type.Optional(Type.String()) }),
    response: { 200: json('The response.', 'Response'), ...storedErrors },
  };
  app.get('/v1/responses/:id', { schema: retrieve }, ({ params, query }) => {
    if (query.stream === 'true') throw streamOfStoredError();
    return responses.find(params.id).response;
  });

  const remove = {
    summary: 'Delete a stored response',
    tags,
    params: stored,
    response: { 200: json('It is deleted.', 'DeletedResponse'), ...storedErrors },
  };
  app.delete('/v1/responses/:id', { schema: remove }, ({ params: { id } }) => {
    responses.delete(id);
    return { id, object: 'response', deleted: true };
  });

  const list = {
    summary: 'The input of a stored response',
    tags,
    params: stored,
    querystring: itemPage,
    response: { 200: json('A page of the items.', 'ItemList'), ...storedErrors },
  };
  app.get('/v1/responses/:id/input_items', { schema: list }, ({ params, query }) =>
    listedItems(responses.find(params.id).input, query),
  );
}

interface Kept {
  readonly responses: StoredResponses;
  readonly conversations: Conversations;
}

async function answer(
  context: ServerContext,
  { responses, conversations }: Kept,
  body: ResponseRequest,
  reply: FastifyReply,
): Promise<object | undefined> {
  const key = newKey();
  const id = responseId(key);
  const fields = responseFields(body, {
    id,
    createdAt: Math.floor(Date.now() / 1000),
    model: servedModel(context, body.model),
  });
  const { conversation } = fields;
  const said = itemsBefore({ responses, conversations }, fields);
  const find: FindItem = (itemId, param) => said.find((item) => item.id === itemId) ?? responses.item(itemId, param);
  const input = inputItems(body.input, { key, find, param: 'input' });
  const request = fromResponseRequest(body, id, [...said, ...input], context.options.defaultMaxTokens);
  const encoder = new ResponseEncoder({
    fields,
    key,
    names: qualifiedNames(body.tools ?? []),
    sealsThoughts: body.include?.includes('reasoning.encrypted_content') ?? false,
    onEnded: (response) => {
      if (fields.store) responses.keep({ response, input });
      if (conversation !== null) conversations.appendIfKept(conversation.id, [...input, ...response.output]);
    },
  });
  const generation = new GenerationAnswer(context, request, encoder, reply);
  try {
    if (body.stream !== true) return await generation.whole();
    await generation.streamed(body.stream_options?.include_queue ?? false);
    return;
  } catch (error) {
    throw aboutInput(error);
  }
}

/** What was said before the response. @throws ChatstreamError `not_found` */
function itemsBefore(
  { responses, conversations }: Kept,
  { previous_response_id: previous, conversation }: ResponseFields,
): readonly ConversationItem[] {
  if (previous !== null && conversation !== null) throw twoHistoriesError();
  if (previous !== null) return responses.itemsUpTo(previous);
  return conversation === null ? [] : conversations.find(conversation.id, 'conversation').items;
}

function twoHistoriesError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'A response cannot continue both a response and a conversation.', {
    param: 'previous_response_id',
    hint: 'Leave out "previous_response_id" or "conversation".',
  });
}

function streamOfStoredError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'A stored response cannot be streamed.', {
    param: 'stream',
    hint: 'Leave "stream" out; the whole response is returned.',
  });
}
