import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import { generateText } from 'ai';
import OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { type AiProvider, anthropic, compatible, openai } from './ai-providers.js';
import type { ClientId } from './catalogue.js';
import { notingFetch } from './noting-fetch.js';
import { proves } from './proofs.js';
import { Served } from './served.js';

interface Settings {
  readonly maxRetries: number;
  readonly fetch: typeof fetch;
}

/** Asks for an answer. */
type Asking = (served: Served, settings: Settings) => Promise<unknown>;

function byAi({ model }: AiProvider): Asking {
  return (served, { maxRetries, fetch }) =>
    generateText({ model: model(served, fetch), prompt: 'Hello!', maxOutputTokens: 4, maxRetries });
}

const content = 'Hello!';
const messages = [{ role: 'user' as const, content }];

const clients: readonly (readonly [id: ClientId, ask: Asking])[] = [
  [
    'openai: chat',
    ({ baseUrl, model }, settings) =>
      new OpenAI({ baseURL: baseUrl, apiKey: 'none', ...settings }).chat.completions.create({ model, messages }),
  ],
  [
    'openai: responses',
    ({ baseUrl }, settings) =>
      new OpenAI({ baseURL: baseUrl, apiKey: 'none', ...settings }).responses.create({ input: content }),
  ],
  [
    'anthropic: messages',
    ({ url, model }, settings) =>
      new Anthropic({ baseURL: url, apiKey: 'none', ...settings }).messages.create({ model, messages, max_tokens: 4 }),
  ],
  ['ai: chat', byAi(compatible)],
  ['ai: responses', byAi(openai)],
  ['ai: messages', byAi(anthropic)],
  [
    'langchain: chat',
    ({ baseUrl, model }, { maxRetries, fetch }) =>
      new ChatOpenAI({ model, apiKey: 'none', maxRetries, configuration: { baseURL: baseUrl, fetch } }).invoke(content),
  ],
];

interface Outcome {
  readonly statuses: readonly number[];
  readonly retryAfter: readonly (string | null)[];
  readonly result: PromiseSettledResult<unknown>;
}

/**
 * Each client is refused, waits as long as it is told to, and tries again. All of them at the same time, because this takes a
 * second.
 *
 * @param refused called when each has been refused once
 */
async function askAll(served: Served, refused: () => Promise<void>): Promise<ReadonlyMap<ClientId, Outcome>> {
  const asked = clients.map(([id, ask]) => {
    const { fetch, statuses } = notingFetch();
    const retryAfter: (string | null)[] = [];
    const noting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      retryAfter.push(response.headers.get('retry-after'));
      return response;
    };
    return { id, statuses, retryAfter, answer: ask(served, { maxRetries: 4, fetch: noting }) };
  });
  const results = Promise.allSettled(asked.map(({ answer }) => answer));
  await until(() => asked.every(({ statuses }) => statuses.length > 0), 'all clients to be refused');
  await refused();
  const settled = await results;
  return new Map(
    asked.flatMap(({ id, statuses, retryAfter }, index) => {
      const result = settled[index];
      return result === undefined ? [] : [[id, { statuses, retryAfter, result }] as const];
    }),
  );
}

/** Starts an answer that takes the only slot. @returns what ends it */
async function occupy(served: Served): Promise<() => void> {
  const controller = new AbortController();
  const response = await fetch(`${served.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages, max_tokens: 30_000, ignore_eos: true, stream: true }),
    signal: controller.signal,
  });
  expect(response.status).toBe(200);
  return () => {
    controller.abort();
  };
}

/**
 * What must hold with all clients while an answer takes the only slot.
 *
 * @param status the clients are refused with it
 * @param limits of the queue, so that they are
 */
export function refusalsAreWaitedFor(status: 429 | 503, limits: { readonly max_queue: number }): void {
  const mock = ['--engine', 'mock', '--mock-reply', 'long', '--mock-token', '1ms', '--context', '32768'];
  const served = new Served([...mock, '-n', '1', '--max-tokens', '4', '--queue-timeout', '300ms']);
  let outcomes: ReadonlyMap<ClientId, Outcome>;

  beforeAll(async () => {
    const free = await occupy(served);
    await served.resize(limits);
    outcomes = await askAll(served, async () => {
      free();
      await served.resize({ max_queue: 16 });
    });
  });

  describe.each(clients.map(([id]) => id))('%s', (id) => {
    it('waits as long as the server says, and tries again', proves(id, 'retries'), () => {
      const { statuses = [], retryAfter = [], result } = outcomes.get(id) ?? {};
      expect(result).toMatchObject({ status: 'fulfilled' });
      expect(statuses[0]).toBe(status);
      expect(statuses.at(-1)).toBe(200);
      expect(Number(retryAfter[0])).toBeGreaterThanOrEqual(1);
    });
  });
}
