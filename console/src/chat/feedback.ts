import { signal } from '@preact/signals';
import { ApiError, call } from '../api/client.js';

/** Turns false when the server has no feedback. */
export const takesFeedback = signal(true);

/**
 * Tells the server what the reader thinks of an answer.
 * @returns What the server said if it did not take it; null if it did.
 */
export async function sendFeedback(responseId: string, like: boolean): Promise<string | null> {
  try {
    await call('v1/feedback', { method: 'POST', body: { response_id: responseId, like } });
    return null;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) takesFeedback.value = false;
    return error instanceof Error ? error.message : String(error);
  }
}
