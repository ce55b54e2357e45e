import { createHash } from 'node:crypto';
import { ChatstreamError } from '../../../../base/errors.js';
import type { Feedback, FeedbackRequest } from '../../../schemas/responses/feedback.js';
import type { ConversationItem } from '../../../schemas/responses/response-items.js';
import type { Store } from '../../../store/store.js';
import { refuseDeep } from '../../requests/refused-parameters.js';
import { chatMessages } from '../items/chat-messages.js';
import type { Conversations } from './conversations.js';
import type { StoredResponse, StoredResponses } from './stored-responses.js';

type Talk = Pick<Feedback, 'model' | 'prompt' | 'answer'>;

const unknownTalk: Talk = { model: null, prompt: null, answer: null };

/**
 * What people think of answers. Prompt and answer are copied from the stored response when feedback on it is given,
 * because responses are dropped after some time.
 */
export class FeedbackBox {
  readonly #store: Store<Feedback>;
  readonly #responses: StoredResponses;
  readonly #conversations: Conversations;

  constructor(store: Store<Feedback>, responses: StoredResponses, conversations: Conversations) {
    this.#store = store;
    this.#responses = responses;
    this.#conversations = conversations;
  }

  /**
   * Stores feedback, replacing what the same key has said about the same answer before.
   *
   * @param key the name of the key
   * @throws ChatstreamError `invalid_request` for a request that says nothing of the answer, and for fields that are nested too
   *   deeply; `storage_failed`
   */
  async give({ response_id, like, comment, fields }: FeedbackRequest, key: string): Promise<Feedback> {
    if (like === undefined && comment === undefined && fields === undefined) throw nothingSaidError();
    refuseDeep(fields, 'fields', 'The value of "fields"');
    const feedback: Feedback = {
      id: feedbackId(response_id, key),
      object: 'feedback',
      created_at: Math.floor(Date.now() / 1000),
      response_id,
      like: like ?? null,
      comment: comment ?? null,
      fields: fields ?? {},
      key,
      ...(await this.#talk(response_id)),
    };
    await this.#store.set(feedback.id, feedback);
    return feedback;
  }

  /**
   * The oldest first.
   *
   * @param after the id of the feedback before the first one; null for the beginning
   * @throws ChatstreamError `not_found`, `storage_failed`
   */
  async list(
    after: string | null,
    most: number,
  ): Promise<{ readonly data: readonly Feedback[]; readonly has_more: boolean }> {
    const found = await this.#store.list(after, most + 1);
    if (found === null) throw feedbackNotFoundError(after ?? '', 'after');
    return { data: found.slice(0, most), has_more: found.length > most };
  }

  /** @throws ChatstreamError `not_found`, `storage_failed` */
  async delete(id: string): Promise<void> {
    if (!(await this.#store.delete(id))) throw feedbackNotFoundError(id);
  }

  async #talk(id: string): Promise<Talk> {
    const stored = await ifReadable(this.#responses.find(id));
    if (stored === null) return unknownTalk;
    const { model, output, instructions } = stored.response;
    const earlier = await ifReadable(this.#itemsBefore(stored));
    const answer = chatMessages(output, null).at(-1);
    return {
      model,
      prompt: earlier === null ? null : chatMessages([...earlier, ...stored.input], instructions).map(asWritable),
      answer: answer === undefined ? null : asWritable(answer),
    };
  }

  /** What was said in a conversation before a response and its own input. @throws ChatstreamError `not_found`, `invalid_request` */
  async #itemsBefore({ response, input }: StoredResponse): Promise<readonly ConversationItem[]> {
    const { conversation, previous_response_id: previous, output } = response;
    if (conversation === null) return previous === null ? [] : this.#responses.itemsUpTo(previous, response.id);
    const { items } = await this.#conversations.find(conversation.id);
    const said = new Set(output.map(({ id }) => id));
    let first = items.findIndex(({ id }) => said.has(id));
    if (first === -1) throw feedbackNotFoundError(response.id);
    // Backwards from the answer: the input may repeat the ids of earlier items, and some of it may have been deleted.
    for (const { id } of input.toReversed()) if (items[first - 1]?.id === id) first -= 1;
    return items.slice(0, first);
  }
}

/** One for each answer and key, so that a thumb can be turned. */
function feedbackId(responseId: string, key: string): string {
  return `fb_${createHash('sha256')
    .update(JSON.stringify([responseId, key]))
    .digest('hex')
    .slice(0, 48)}`;
}

/** Null for what is not stored, and for a conversation that no response could continue with either. */
async function ifReadable<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ChatstreamError && (error.code === 'not_found' || error.code === 'invalid_request'))
      return null;
    throw error;
  }
}

type Message = NonNullable<Feedback['answer']>;

function asWritable({ tool_calls: calls, ...message }: ReturnType<typeof chatMessages>[number]): Message {
  return { ...message, ...(calls !== undefined && { tool_calls: calls.map((call) => ({ ...call })) }) };
}

function nothingSaidError(): ChatstreamError {
  return new ChatstreamError('invalid_request', '"like", "comment" and "fields" are all missing.', {
    hint: 'Send at least one of them.',
  });
}

/** @param param the parameter that names it, if it is not the path */
function feedbackNotFoundError(id: string, param?: string): ChatstreamError {
  return new ChatstreamError('not_found', `There is no feedback "${id}" here.`, {
    ...(param !== undefined && { param }),
  });
}
