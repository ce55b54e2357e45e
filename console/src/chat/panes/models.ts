import { signal } from '@preact/signals';
import { callJson } from '../../api/client.js';
import { array, object, optional, string } from '../../api/decode.js';
import { takesFeedback } from './feedback.js';

/** Names of the models that the server serves; empty until they are known. */
export const models = signal<readonly string[]>([]);

/** Whether the server can keep conversations. One that has others generate cannot. */
export const keepsConversations = signal(false);

const list = object({ data: array(object({ id: string, owned_by: optional(string, '') })) });

export async function loadModels(): Promise<void> {
  try {
    const { data } = await callJson('v1/models', list);
    models.value = data.map(({ id }) => id);
    // Both need what such a server does not have: a store.
    const generates = data.every(({ owned_by }) => owned_by !== 'upstream');
    keepsConversations.value = generates;
    takesFeedback.value &&= generates;
  } catch {
    // The server answers without a name as well, and says itself why it does not answer.
  }
}
