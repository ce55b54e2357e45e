import { ChatstreamError } from '../../../../base/errors.js';
import { itemNotStoredError, responseNotFoundError } from '../../../../base/refusals/refusals.js';
import type { ResponseObject } from '../../../schemas/responses/response-answers.js';
import type { ConversationItem } from '../../../schemas/responses/response-items.js';
import type { Store } from '../../../store/store.js';
import type { FindItem } from '../items/input-items.js';
import { responseOfItem } from '../items/item-ids.js';
import { HistorySize } from './history-size.js';

/** A response that has ended, and what it was an answer to, without what came before in its conversation. */
export interface StoredResponse {
  readonly response: ResponseObject;
  readonly input: readonly ConversationItem[];
}

/** The responses that are kept, and the conversations that they form by continuing each other. */
export class StoredResponses {
  readonly #store: Store<StoredResponse>;
  /** Those that are being stored in the background. */
  readonly #arriving = new Map<string, Promise<void>>();

  constructor(store: Store<StoredResponse>) {
    this.#store = store;
  }

  /** @throws ChatstreamError `storage_failed` */
  keep(stored: StoredResponse): Promise<void> {
    return this.#store.set(stored.response.id, stored);
  }

  /** Keeps a response in the background; those who ask for it wait until that is done. If it fails, it is not found. */
  keepLater(stored: StoredResponse): void {
    const { id } = stored.response;
    const done = this.keep(stored)
      .catch(() => undefined)
      .finally(() => this.#arriving.delete(id));
    this.#arriving.set(id, done);
  }

  /** @throws ChatstreamError `not_found`, `storage_failed` */
  async find(id: string, param?: string): Promise<StoredResponse> {
    const stored = await this.#get(id);
    if (stored === null) throw responseNotFoundError(id, param);
    return stored;
  }

  /** Whether a response is stored here that has come to its end. One that cannot be read counts as none. */
  async hasEnded(id: string): Promise<boolean> {
    const stored = await this.#get(id).catch(noneIfUnreadable);
    const status = stored?.response.status;
    return status === 'completed' || status === 'incomplete';
  }

  /** @throws ChatstreamError `not_found`, `storage_failed` */
  async delete(id: string): Promise<void> {
    await this.#arriving.get(id);
    if (!(await this.#store.delete(id))) throw responseNotFoundError(id);
  }

  /**
   * All items of the conversation that ends with a response, the oldest first. Each response of it is used, so that a
   * conversation does not lose its beginning while it continues.
   *
   * @param before the response for which they are read, which cannot be one of those that it continues
   * @throws ChatstreamError `not_found` if a response of it is not stored any more, `invalid_request` if it belongs to a
   *   conversation that has a name: what it continued is stored there; if it leads back to itself; or if it is too long;
   *   `storage_failed`
   */
  async itemsUpTo(id: string, before: string): Promise<readonly ConversationItem[]> {
    const turns: (readonly ConversationItem[])[] = [];
    // A client that resumes a response says what it continues, and two that are resumed at once can name each other.
    const seen = new Set([before]);
    const size = new HistorySize('previous_response_id');
    for (let next: string | null = id; next !== null;) {
      if (seen.has(next)) throw circularError(next);
      seen.add(next);
      const { response, input }: StoredResponse = await this.find(next, 'previous_response_id');
      if (response.conversation !== null) throw inConversationError(response.id, response.conversation.id);
      size.add([response.output, input]);
      await size.rest();
      turns.push(response.output, input);
      next = response.previous_response_id;
    }
    return turns.reverse().flat();
  }

  /**
   * Looks items of stored responses up, by their ids.
   *
   * @param list the parameter that has the references
   * @returns a function that finds them without waiting; it throws ChatstreamError `not_found` for one that is not stored
   * @throws ChatstreamError `invalid_request` if they are too long together, `storage_failed`
   */
  async finder(ids: readonly string[], list: string): Promise<FindItem> {
    const wanted = new Set<string | undefined>(ids);
    const owners = new Set(ids.map(responseOfItem).filter((owner) => owner !== null));
    const byId = new Map<string | undefined, ConversationItem>();
    const size = new HistorySize(list);
    // One by one: of a response with a megabyte, one item may be wanted.
    for (const owner of owners) {
      const stored = await this.#get(owner);
      for (const item of stored === null ? [] : [...stored.response.output, ...stored.input]) {
        if (!wanted.has(item.id)) continue;
        size.add(item);
        byId.set(item.id, item);
      }
      await size.rest();
    }
    return (id, param) => {
      const item = byId.get(id);
      if (item === undefined) throw itemNotStoredError(id, param);
      return item;
    };
  }

  async #get(id: string): Promise<StoredResponse | null> {
    await this.#arriving.get(id);
    return await this.#store.get(id);
  }
}

function noneIfUnreadable(error: unknown): null {
  if (error instanceof ChatstreamError && error.code === 'storage_failed') return null;
  throw error;
}

function circularError(id: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `The response "${id}" continues itself.`, {
    param: 'previous_response_id',
    hint: 'Send what was said before as "input" instead.',
  });
}

function inConversationError(id: string, conversation: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `The response "${id}" belongs to a conversation.`, {
    param: 'previous_response_id',
    hint: `Send "conversation": "${conversation}" instead.`,
  });
}
