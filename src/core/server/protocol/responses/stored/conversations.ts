import { ChatstreamError } from '../../../../base/errors.js';
import { conversationNotFoundError, itemNotStoredError } from '../../../../base/refusals/refusals.js';
import type { ConversationObject } from '../../../schemas/responses/conversations.js';
import type { ConversationItem } from '../../../schemas/responses/response-items.js';
import { KeyedTurns } from '../../../store/keyed-turns.js';
import type { Store } from '../../../store/store.js';
import { alreadySaidError } from '../items/input-items.js';
import { newKey } from '../items/item-ids.js';
import { HistorySize } from './history-size.js';

/** A list of items that responses and clients add to. */
export interface StoredConversation {
  readonly conversation: ConversationObject;
  readonly items: readonly ConversationItem[];
}

/** A response, and what it was an answer to. */
interface ConversationTurn {
  readonly input: readonly ConversationItem[];
  readonly output: readonly ConversationItem[];
}

/**
 * The conversations that are kept. Whatever is done with one counts as using it.
 *
 * Every method throws ChatstreamError `storage_failed` if the store fails, and all but `create` and `appendIfKept`
 * `not_found` if there is no such conversation. Those that add items throw `invalid_request` if it would become too long, or
 * has one of them already.
 */
export class Conversations {
  readonly #store: Store<StoredConversation>;
  readonly #turns = new KeyedTurns();

  constructor(store: Store<StoredConversation>) {
    this.#store = store;
  }

  async create(
    metadata: ConversationObject['metadata'],
    items: readonly ConversationItem[],
  ): Promise<StoredConversation> {
    assertSize(items, 'items');
    const created_at = Math.floor(Date.now() / 1000);
    const conversation = { id: `conv_${newKey()}`, object: 'conversation', created_at, metadata } as const;
    await this.#store.set(conversation.id, { conversation, items });
    return { conversation, items };
  }

  /** @param param the parameter that names it, if it is not the path */
  async find(id: string, param?: string): Promise<StoredConversation> {
    const stored = await this.#store.get(id);
    if (stored === null) throw conversationNotFoundError(id, param);
    return stored;
  }

  describe(id: string, metadata: ConversationObject['metadata']): Promise<StoredConversation> {
    return this.#change(id, ({ conversation, items }) => ({ conversation: { ...conversation, metadata }, items }));
  }

  append(id: string, more: readonly ConversationItem[]): Promise<StoredConversation> {
    return this.#change(id, (stored) => withItems(stored, more));
  }

  /**
   * Adds a response, unless it was added already, as one is that ended here before it was resumed. A conversation that was
   * deleted meanwhile stays deleted.
   */
  async appendIfKept(id: string, { input, output }: ConversationTurn): Promise<void> {
    try {
      await this.#change(id, (stored) => {
        const known = new Set(stored.items.map((item) => item.id));
        // The ids of its output are its own, unlike those that the client may have given to the input.
        return output.some((item) => known.has(item.id)) ? stored : withItems(stored, [...input, ...output]);
      });
    } catch (error) {
      if (!(error instanceof ChatstreamError && error.code === 'not_found')) throw error;
    }
  }

  async delete(id: string): Promise<void> {
    const existed = await this.#turns.take(id, () => this.#store.delete(id));
    if (!existed) throw conversationNotFoundError(id);
  }

  async item(id: string, itemId: string): Promise<ConversationItem> {
    return itemOf(await this.find(id), itemId);
  }

  deleteItem(id: string, itemId: string): Promise<StoredConversation> {
    return this.#change(id, (stored) => {
      const { conversation, items } = stored;
      const deleted = itemOf(stored, itemId);
      return { conversation, items: items.filter((each) => each !== deleted) };
    });
  }

  #change(id: string, change: (stored: StoredConversation) => StoredConversation): Promise<StoredConversation> {
    return this.#turns.take(id, async () => {
      const changed = change(await this.find(id));
      await this.#store.set(id, changed);
      return changed;
    });
  }
}

function withItems(
  { conversation, items: before }: StoredConversation,
  more: readonly ConversationItem[],
): StoredConversation {
  assertNew(more, before);
  const items = [...before, ...more];
  assertSize(items, 'items');
  return { conversation, items };
}

/** @param param the parameter that asks for them. @throws ChatstreamError `invalid_request` if a conversation cannot have them */
export function assertSize(items: readonly ConversationItem[], param: 'items' | 'conversation'): void {
  new HistorySize(param).add(items);
}

function assertNew(items: readonly ConversationItem[], before: readonly ConversationItem[]): void {
  const known = new Set(before.map(({ id }) => id));
  for (const [index, { id }] of items.entries()) {
    if (known.has(id)) throw alreadySaidError(id, `items.${index}.id`);
  }
}

function itemOf({ items }: StoredConversation, id: string): ConversationItem {
  const item = items.find((each) => each.id === id);
  if (item === undefined) throw itemNotStoredError(id);
  return item;
}
