import { signal } from '@preact/signals';
import { ApiError, call } from '../../api/client.js';
import { type Conversation, pathTo, type Turn } from '../conversation/conversation.js';
import { messagesOf } from '../conversation/request.js';

/** Whether the server takes feedback: one that has others generate does not. */
export const takesFeedback = signal(true);

/**
 * Tells the server what the reader thinks of an answer, with the prompt and the answer: the server does not keep those
 * of chats.
 * @param like - Null takes back what was said.
 * @returns What the server said if it did not take it; null if it did.
 */
export async function sendFeedback(
  { settings, turns }: Conversation,
  reply: Extract<Turn, { type: 'reply' }>,
  like: boolean | null,
): Promise<string | null> {
  const { responseId, model } = reply.answer;
  const prompt = messagesOf(settings, pathTo({ turns }, reply.parent));
  const [answer] = messagesOf({ ...settings, system: '' }, [reply]);
  try {
    await call('v1/feedback', {
      method: 'POST',
      body: { response_id: responseId, like, fields: { model, prompt, answer } },
    });
    return null;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) takesFeedback.value = false;
    return error instanceof Error ? error.message : String(error);
  }
}
