import { conversationNotFoundError, itemNotStoredError } from '../../../base/refusals.js';
import type { ConversationObject } from '../../schemas/conversations.js';
import type { ConversationItem } from '../../schemas/response-items.js';
import type { Store } from '../../store/store.js';
import { newKey } from './item-ids.js';

/** A list of items that responses and clients add to. */
export interface StoredConversation {
  readonly conversation: ConversationObject;
  readonly items: readonly ConversationItem[];
}

/** The conversations that are kept. Whatever is done with one counts as using it. */
export class Conversations {
  readonly #store: Store<StoredConversation>;

  constructor(store: Store<StoredConversation>) {
    this.#store = store;
  }

  create(metadata: ConversationObject['metadata'], items: readonly ConversationItem[]): StoredConversation {
    const created_at = Math.floor(Date.now() / 1000);
    const conversation = { id: `conv_${newKey()}`, object: 'conversation', created_at, metadata } as const;
    return this.#keep({ conversation, items });
  }

  /**
   * @param param the parameter that names it, if it is not the path
   * @throws ChatstreamError `not_found`
   */
  find(id: string, param?: string): StoredConversation {
    const stored = this.#store.get(id);
    if (stored === null) throw conversationNotFoundError(id, param);
    return stored;
  }

  /** @throws ChatstreamError `not_found` */
  describe(id: string, metadata: ConversationObject['metadata']): StoredConversation {
    const { conversation, items } = this.find(id);
    return this.#keep({ conversation: { ...conversation, metadata }, items });
  }

  /** @throws ChatstreamError `not_found` */
  append(id: string, more: readonly ConversationItem[]): StoredConversation {
    const { conversation, items } = this.find(id);
    return this.#keep({ conversation, items: [...items, ...more] });
  }

  /** Adds what a response has said; a conversation that was deleted meanwhile stays deleted. */
  appendIfKept(id: string, more: readonly ConversationItem[]): void {
    if (this.#store.get(id) !== null) this.append(id, more);
  }

  /** @throws ChatstreamError `not_found` */
  delete(id: string): void {
    if (!this.#store.delete(id)) throw conversationNotFoundError(id);
  }

  /** @throws ChatstreamError `not_found` */
  item(id: string, itemId: string): ConversationItem {
    const item = this.find(id).items.find((each) => each.id === itemId);
    if (item === undefined) throw itemNotStoredError(itemId);
    return item;
  }

  /** @throws ChatstreamError `not_found` */
  deleteItem(id: string, itemId: string): StoredConversation {
    this.item(id, itemId);
    const { conversation, items } = this.find(id);
    return this.#keep({ conversation, items: items.filter((each) => each.id !== itemId) });
  }

  #keep(stored: StoredConversation): StoredConversation {
    this.#store.set(stored.conversation.id, stored);
    return stored;
  }
}
