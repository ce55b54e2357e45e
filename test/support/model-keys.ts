import { digestOf, type KeySettings, noRates } from '../../src/core/config/key-settings.js';
import { usualTerms } from '../../src/core/scheduler/jobs/demand.js';
import { chat } from './app.js';

/** A key whose name is also its secret. @param models those that it may use; all if left out */
export function modelKey(name: string, models?: readonly string[]): KeySettings {
  const plain = { trafficClass: 'standard', role: 'user', terms: usualTerms, rates: noRates } as const;
  return { name, digest: digestOf(name), ...plain, ...(models !== undefined && { models }) };
}

/** The headers of a request with the key of this name. */
export function bearer(name: string): { authorization: string } {
  return { authorization: `Bearer ${name}` };
}

/** The routes of the APIs that take the name of a model, each with a body that lacks it. */
export const modelRequests = [
  ['/v1/chat/completions', chat('hi', { max_tokens: 2 })],
  ['/v1/chat/completions/input_tokens', chat('hi')],
  ['/v1/completions', { prompt: 'hi', max_tokens: 2 }],
  ['/v1/responses', { input: 'hi', max_output_tokens: 16 }],
  ['/v1/responses/input_tokens', { input: 'hi' }],
  ['/v1/messages', { messages: [{ role: 'user', content: 'hi' }], max_tokens: 2 }],
  ['/v1/messages/count_tokens', { messages: [{ role: 'user', content: 'hi' }] }],
] as const;

/** The answer of `/v1/models`, as far as the tests read it. */
export interface ListedModels {
  readonly data: readonly { readonly id: string }[];
}
