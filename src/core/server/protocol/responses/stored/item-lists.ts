import { ChatstreamError } from '../../../../base/errors.js';
import { defaultPage, type ItemPage } from '../../../schemas/responses/item-pages.js';
import type { ItemList } from '../../../schemas/responses/response-answers.js';
import type { ConversationItem } from '../../../schemas/responses/response-items.js';

/** @throws ChatstreamError `invalid_request` if there is no item to continue after */
export function listedItems(items: readonly ConversationItem[], { limit, order, after }: ItemPage): ItemList {
  const ordered = (order ?? defaultPage.order) === 'asc' ? items : items.toReversed();
  const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) {
    throw new ChatstreamError('invalid_request', `There is no item ${JSON.stringify(after)} in this list.`, {
      param: 'after',
      hint: 'Use the "last_id" of the page before.',
    });
  }
  const data = ordered.slice(start, start + Number(limit ?? defaultPage.limit));
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + data.length < ordered.length,
  };
}
