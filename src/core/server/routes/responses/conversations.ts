import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { App, ServerContext } from '../../http/context.js';
import { sendLeftOut } from '../../http/left-out.js';
import { leftOutItems } from '../../protocol/requests/hosted-tools.js';
import { inputItems, referencesIn } from '../../protocol/responses/items/input-items.js';
import { newKey } from '../../protocol/responses/items/item-ids.js';
import type { Conversations } from '../../protocol/responses/stored/conversations.js';
import { listedItems } from '../../protocol/responses/stored/item-lists.js';
import type { StoredResponses } from '../../protocol/responses/stored/stored-responses.js';
import { errors, json } from '../../schemas/openapi.js';
import { changedConversation, newConversation, newItems } from '../../schemas/responses/conversations.js';
import { itemPage } from '../../schemas/responses/item-pages.js';
import type { ConversationItem, WireItem } from '../../schemas/responses/response-items.js';
import { countAgainstLimits } from '../generation.js';

const tags = ['conversations'];
const failures = errors(400, 401, 403, 404, 408, 413, 415, 429, 503, 507);
const one = { tags, params: Type.Object({ id: Type.String() }) };
const oneItem = { tags, params: Type.Object({ id: Type.String(), item_id: Type.String() }) };
const conversation = { 200: json('The conversation.', 'Conversation'), ...failures };
const item = { 200: json('The item.', 'ConversationItem'), ...failures };
const items = { 200: json('A page of the items.', 'ItemList'), ...failures };

/**
 * OpenAI's conversations: stored lists of items that responses continue. Any change of one counts as a request, because
 * all of it is written again.
 */
export function conversationRoutes(
  app: App,
  context: ServerContext,
  conversations: Conversations,
  responses: StoredResponses,
): void {
  const itemsFrom: ReadItems = async (given, reply) => {
    const find = await responses.finder(referencesIn(given), 'items');
    const read = inputItems(given, { key: newKey(), find, param: 'items' });
    sendLeftOut([...leftOutItems(given)], reply);
    return read;
  };
  routesOfWhole(app, context, conversations, itemsFrom);
  routesOfItems(app, context, conversations, itemsFrom);
}

/** Reads the items of a request, and says in the answer which of them are left out. */
type ReadItems = (given: readonly WireItem[], reply: FastifyReply) => Promise<readonly ConversationItem[]>;

function routesOfWhole(app: App, context: ServerContext, conversations: Conversations, itemsFrom: ReadItems): void {
  const create = { summary: 'Begin a conversation', tags, body: newConversation, response: conversation };
  app.post('/v1/conversations', { schema: create }, async ({ body }, reply) => {
    countAgainstLimits(context, reply);
    const items = await itemsFrom(body?.items ?? [], reply);
    return (await conversations.create(body?.metadata ?? {}, items)).conversation;
  });
  const get = { summary: 'A conversation', ...one, response: conversation };
  app.get('/v1/conversations/:id', { schema: get }, async ({ params: { id } }) => {
    return (await conversations.find(id)).conversation;
  });

  const change = {
    summary: "Change a conversation's metadata",
    ...one,
    body: changedConversation,
    response: conversation,
  };
  app.post('/v1/conversations/:id', { schema: change }, async ({ params: { id }, body }, reply) => {
    countAgainstLimits(context, reply);
    const { metadata } = body;
    // Null clears it; a request without it changes nothing.
    const changed = metadata === undefined ? conversations.find(id) : conversations.describe(id, metadata ?? {});
    return (await changed).conversation;
  });
  const remove = {
    summary: 'Delete a conversation',
    ...one,
    response: { 200: json('It is deleted.', 'DeletedConversation'), ...failures },
  };
  app.delete('/v1/conversations/:id', { schema: remove }, async ({ params: { id } }) => {
    await conversations.delete(id);
    return { id, object: 'conversation.deleted', deleted: true };
  });
}

function routesOfItems(app: App, context: ServerContext, conversations: Conversations, itemsFrom: ReadItems): void {
  const list = { summary: 'The items of a conversation', ...one, querystring: itemPage, response: items };
  app.get('/v1/conversations/:id/items', { schema: list }, async ({ params: { id }, query }) => {
    return listedItems((await conversations.find(id)).items, query);
  });
  const add = { summary: 'Add items to a conversation', ...one, body: newItems, response: items };
  app.post('/v1/conversations/:id/items', { schema: add }, async ({ params: { id }, body }, reply) => {
    countAgainstLimits(context, reply);
    const added = await itemsFrom(body.items, reply);
    await conversations.append(id, added);
    return listedItems(added, { order: 'asc' });
  });
  const getItem = { summary: 'An item of a conversation', ...oneItem, response: item };
  app.get('/v1/conversations/:id/items/:item_id', { schema: getItem }, ({ params: { id, item_id: itemId } }) =>
    conversations.item(id, itemId),
  );
  const removeItem = { summary: 'Delete an item of a conversation', ...oneItem, response: conversation };
  app.delete(
    '/v1/conversations/:id/items/:item_id',
    { schema: removeItem },
    async ({ params: { id, item_id: itemId } }, reply) => {
      countAgainstLimits(context, reply);
      return (await conversations.deleteItem(id, itemId)).conversation;
    },
  );
}
