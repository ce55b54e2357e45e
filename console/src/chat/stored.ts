import { call, callJson } from '../api/client.js';
import type { Turn } from './conversation/conversation.js';
import { questionIn, storedItems, storedResponse, type StoredStep, turnsOf } from './conversation/stored-turns.js';

/**
 * Reads a conversation that the server keeps, response by response.
 *
 * @param last - The id of its last response.
 * @param likes - What the reader thinks of its responses, by their ids.
 * @throws {ApiError} The server does not have all of it any more.
 */
export async function readStored(last: string, likes?: Readonly<Record<string, boolean>>): Promise<readonly Turn[]> {
  const steps: StoredStep[] = [];
  for (let next: string | null = last; next !== null;) {
    const path: string = pathOf(next);
    const [response, input] = await Promise.all([callJson(path, storedResponse), inputOf(path)]);
    steps.unshift({ response, input });
    next = response.previous_response_id;
  }
  return turnsOf(steps, likes);
}

/** The last question of a conversation that the server keeps; null if it has none. */
export async function lastQuestion(last: string): Promise<string | null> {
  return questionIn((await callJson(`${pathOf(last)}/input_items?order=asc&limit=100`, storedItems)).data);
}

/** Deletes a conversation at the server, the last response first. What is gone already does not matter. */
export async function deleteStored(last: string): Promise<void> {
  for (let next: string | null = last; next !== null;) {
    const path: string = pathOf(next);
    const response = await callJson(path, storedResponse);
    await call(path, { method: 'DELETE' });
    next = response.previous_response_id;
  }
}

async function inputOf(path: string): Promise<StoredStep['input']> {
  const input: StoredStep['input'][number][] = [];
  for (;;) {
    const after = input.at(-1)?.id;
    const page = await callJson(
      `${path}/input_items?order=asc&limit=100${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`,
      storedItems,
    );
    input.push(...page.data);
    if (!page.has_more) return input;
  }
}

function pathOf(id: string): string {
  return `v1/responses/${encodeURIComponent(id)}`;
}
