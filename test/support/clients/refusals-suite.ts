import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import { generateText } from 'ai';
import OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { type AiProvider, anthropic, compatible, openai } from './ai-providers.js';
import type { ClientId } from './catalogue.js';
import { type NotingFetch, notingFetch } from './noting-fetch.js';
import { proves } from './proofs.js';
import type { Served } from './served.js';

interface Settings {
  readonly maxRetries: number;
  readonly fetch: typeof fetch;
}

/** A timer may fire so much earlier, by another clock. */
const timerPrecisionMs = 5;

/** Asks for an answer. */
type Asking = (served: Served, settings: Settings) => Promise<unknown>;

const content = 'Hello!';
const messages = [{ role: 'user' as const, content }];
/** Tokens of the answers, so that the last client need not wait for long. */
const length = 4;

function byAi({ model }: AiProvider): Asking {
  return (served, { maxRetries, fetch }) =>
    generateText({ model: model(served, fetch), prompt: content, maxOutputTokens: length, maxRetries });
}

const clients: readonly (readonly [id: ClientId, ask: Asking])[] = [
  [
    'openai: chat',
    ({ baseUrl, model }, settings) => {
      const { completions } = new OpenAI({ baseURL: baseUrl, apiKey: 'none', ...settings }).chat;
      return completions.create({ model, messages, max_completion_tokens: length });
    },
  ],
  [
    'openai: responses',
    ({ baseUrl }, settings) => {
      const { responses } = new OpenAI({ baseURL: baseUrl, apiKey: 'none', ...settings });
      return responses.create({ input: content, max_output_tokens: length });
    },
  ],
  [
    'anthropic: messages',
    ({ url, model }, settings) => {
      const client = new Anthropic({ baseURL: url, apiKey: 'none', ...settings });
      return client.messages.create({ model, messages, max_tokens: length });
    },
  ],
  ['ai: chat', byAi(compatible)],
  ['ai: responses', byAi(openai)],
  ['ai: messages', byAi(anthropic)],
  [
    'langchain: chat',
    ({ baseUrl, model }, { maxRetries, fetch }) => {
      const configuration = { baseURL: baseUrl, fetch };
      return new ChatOpenAI({ model, apiKey: 'none', maxRetries, maxTokens: length, configuration }).invoke(content);
    },
  ],
];

/** After a 503 they wait for as long as they think right, which is a second or more. */
const waitsByItself: ReadonlySet<ClientId> = new Set(['langchain: chat']);

interface Outcome extends Pick<NotingFetch, 'exchanges'> {
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
    const { fetch, exchanges } = notingFetch();
    return { id, exchanges, answer: ask(served, { maxRetries: 4, fetch }) };
  });
  const results = Promise.allSettled(asked.map(({ answer }) => answer));
  await until(() => asked.every(({ exchanges }) => exchanges.length > 0), 'all clients to be refused');
  await refused();
  const settled = await results;
  return new Map(
    asked.flatMap(({ id, exchanges }, index) => {
      const result = settled[index];
      return result === undefined ? [] : [[id, { exchanges, result }] as const];
    }),
  );
}

/** Starts an answer that takes the only slot: as long as the context allows. @returns what ends it */
async function occupy(served: Served): Promise<() => void> {
  const controller = new AbortController();
  const response = await fetch(`${served.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages, max_tokens: -1, ignore_eos: true, stream: true }),
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
 * @param served a server that nothing else uses meanwhile; afterwards its limits are as before
 * @param status the clients are refused with it
 * @param limits of the queue, so that they are
 */
export function refusalsAreWaitedFor(served: Served, status: 429 | 503, limits: { readonly max_queue: number }): void {
  let outcomes: ReadonlyMap<ClientId, Outcome>;

  beforeAll(async () => {
    const { max_concurrency, max_queue } = await served.queue();
    await served.resize({ max_concurrency: 1 });
    const free = await occupy(served);
    await served.resize(limits);
    outcomes = await askAll(served, async () => {
      free();
      await served.resize({ max_queue: 16 });
    });
    await served.resize({ max_concurrency, max_queue });
  });

  describe.each(clients.map(([id]) => id))('%s', (id) => {
    it('waits as long as the server says, and tries again', proves(id, 'retries'), () => {
      const { exchanges = [], result } = outcomes.get(id) ?? {};
      expect(result).toMatchObject({ status: 'fulfilled' });
      expect(exchanges[0]).toHaveProperty('status', status);
      expect(exchanges.at(-1)).toHaveProperty('status', 200);
      for (const [index, { retryAfter, answeredMs }] of exchanges.slice(0, -1).entries()) {
        expect(retryAfter).toBeGreaterThanOrEqual(1);
        const waitedMs = (exchanges[index + 1]?.askedMs ?? NaN) - answeredMs;
        const toldMs = status === 503 && waitsByItself.has(id) ? 1000 : retryAfter * 1000;
        expect(waitedMs).toBeGreaterThan(toldMs - timerPrecisionMs);
      }
    });
  });
}
