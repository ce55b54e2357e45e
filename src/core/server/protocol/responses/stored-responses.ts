import { ChatstreamError } from '../../../base/errors.js';
import { itemNotStoredError, responseNotFoundError } from '../../../base/refusals.js';
import type { ResponseObject } from '../../schemas/response-answers.js';
import type { ConversationItem } from '../../schemas/response-items.js';
import type { Store } from '../../store/store.js';
import { responseOfItem } from './item-ids.js';

/** A response that has ended, and what it was an answer to, without what came before in its conversation. */
export interface StoredResponse {
  readonly response: ResponseObject;
  readonly input: readonly ConversationItem[];
}

/** The responses that are kept, and the conversations that they form by continuing each other. */
export class StoredResponses {
  readonly #store: Store<StoredResponse>;

  constructor(store: Store<StoredResponse>) {
    this.#store = store;
  }

  keep(stored: StoredResponse): void {
    this.#store.set(stored.response.id, stored);
  }

  /** @throws ChatstreamError `not_found` */
  find(id: string, param?: string): StoredResponse {
    const stored = this.#store.get(id);
    if (stored === null) throw responseNotFoundError(id, param);
    return stored;
  }

  /** @throws ChatstreamError `not_found` */
  delete(id: string): void {
    if (!this.#store.delete(id)) throw responseNotFoundError(id);
  }

  /**
   * All items of the conversation that ends with a response, the oldest first. Each response of it is used, so that a
   * conversation does not lose its beginning while it goes on.
   *
   * @throws ChatstreamError `not_found` if a response of it is not stored any more, `invalid_request` if it belongs to a
   *   conversation that has a name: what it continued is stored there
   */
  itemsUpTo(id: string): readonly ConversationItem[] {
    const turns: (readonly ConversationItem[])[] = [];
    for (let next: string | null = id; next !== null;) {
      const { response, input }: StoredResponse = this.find(next, 'previous_response_id');
      if (response.conversation !== null) throw inConversationError(response.id, response.conversation.id);
      turns.push(response.output, input);
      next = response.previous_response_id;
    }
    return turns.reverse().flat();
  }

  /** An item of the input or the output of any response. @throws ChatstreamError `not_found` */
  readonly item = (id: string, param: string): ConversationItem => {
    const owner = responseOfItem(id);
    const stored = owner === null ? null : this.#store.get(owner);
    const item = [...(stored?.response.output ?? []), ...(stored?.input ?? [])].find((each) => each.id === id);
    if (item === undefined) throw itemNotStoredError(id, param);
    return item;
  };
}

function inConversationError(id: string, conversation: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `The response "${id}" belongs to a conversation.`, {
    param: 'previous_response_id',
    hint: `Send "conversation": "${conversation}" instead.`,
  });
}
