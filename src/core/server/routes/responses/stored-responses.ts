import { Type } from 'typebox';
import { ChatstreamError } from '../../../base/errors.js';
import type { App } from '../../http/context.js';
import { listedItems } from '../../protocol/responses/stored/item-lists.js';
import type { StoredResponses } from '../../protocol/responses/stored/stored-responses.js';
import { errors, json } from '../../schemas/openapi.js';
import { itemPage } from '../../schemas/responses/item-pages.js';

const tags = ['responses'];
const stored = Type.Object({ id: Type.String() });
const storedErrors = errors(400, 401, 403, 404, 503, 507);

/** What can be done with a response after it has been created. */
export function storedResponseRoutes(app: App, responses: StoredResponses): void {
  const retrieve = {
    summary: 'A stored response',
    tags,
    params: stored,
    querystring: Type.Object({ stream: Type.Optional(Type.String()) }),
    response: { 200: json('The response.', 'Response'), ...storedErrors },
  };
  app.get('/v1/responses/:id', { schema: retrieve }, async ({ params, query }) => {
    if (query.stream === 'true') throw streamOfStoredError();
    return (await responses.find(params.id)).response;
  });

  const remove = {
    summary: 'Delete a stored response',
    tags,
    params: stored,
    response: { 200: json('It is deleted.', 'DeletedResponse'), ...storedErrors },
  };
  app.delete('/v1/responses/:id', { schema: remove }, async ({ params: { id } }) => {
    await responses.delete(id);
    return { id, object: 'response', deleted: true };
  });

  // They would be taken for an id, or for no path at all.
  app.post('/v1/responses/compact', { schema: { hide: true } }, () => {
    throw unsupportedError('Responses cannot be compacted.', 'Send a shorter "input", or begin a new conversation.');
  });
  app.post('/v1/responses/:id/cancel', { schema: { hide: true, params: stored } }, () => {
    throw unsupportedError(
      'Background responses are not supported, so there is nothing to cancel.',
      'Close the connection: that ends a response that is being generated.',
    );
  });

  const list = {
    summary: 'The input of a stored response',
    tags,
    params: stored,
    querystring: itemPage,
    response: { 200: json('A page of the items.', 'ItemList'), ...storedErrors },
  };
  app.get('/v1/responses/:id/input_items', { schema: list }, async ({ params, query }) => {
    return listedItems((await responses.find(params.id)).input, query);
  });
}

function unsupportedError(message: string, hint: string): ChatstreamError {
  return new ChatstreamError('invalid_request', message, { hint });
}

function streamOfStoredError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'A stored response cannot be streamed.', {
    param: 'stream',
    hint: 'Leave "stream" out; the whole response is returned.',
  });
}
