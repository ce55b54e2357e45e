import { signal } from '@preact/signals';
import { callJson } from '../api/client.js';
import { array, object, string } from '../api/decode.js';

/** Names of the models that the server serves; empty until they are known. */
export const models = signal<readonly string[]>([]);

const list = object({ data: array(object({ id: string })) });

export async function loadModels(): Promise<void> {
  try {
    models.value = (await callJson('v1/models', list)).data.map(({ id }) => id);
  } catch {
    // The server answers without a name as well, and says itself why it does not answer.
  }
}
