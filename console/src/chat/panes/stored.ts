import { ApiError, call, callJson } from '../../api/client.js';
import type { Turn } from '../conversation/conversation.js';
import { questionIn, storedItems, storedResponse, type StoredStep, turnsOf } from '../conversation/stored-turns.js';

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

/**
 * Deletes a conversation at the server. What is gone already does not matter.
 *
 * @param ids - Of responses, at least the last one of each branch that is known. Those before them go as well.
 */
export async function deleteStored(ids: readonly string[]): Promise<void> {
  const seen = new Set<string>();
  for (const id of ids) {
    for (let next: string | null = id; next !== null && !seen.has(next);) {
      seen.add(next);
      next = await deleteOne(next);
    }
  }
}

/** @returns the id of the response before it; null if there is none, and if it was gone */
async function deleteOne(id: string): Promise<string | null> {
  const path = pathOf(id);
  try {
    const response = await callJson(path, storedResponse);
    await call(path, { method: 'DELETE' });
    return response.previous_response_id;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
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
