import { expect } from 'vitest';
import { systemClock } from '../../src/core/base/clock.js';
import type { ServingEngine } from '../../src/core/engine/engine.js';
import { createMockEngine } from '../../src/core/engine/mock/mock-engine.js';
import { chat, createTestApp, engineDefaults, type TestApp } from './app.js';
import { type CutPlan, CuttingProxy } from './cutting-proxy.js';
import { inProcess } from './in-process.js';
import { namedEvents } from './named-events.js';
import { checkedMessage } from './protocols/messages-stream.js';
import { checkedResponse } from './protocols/response-stream.js';
import { startRelay } from './relay-server.js';

/** A request for a stream that another server can go on with. */
export interface ResumingRequest {
  readonly what: string;
  readonly path: string;
  readonly body: object;
  /** How its stream ends. */
  readonly end: RegExp;
  /** The names of the answer in its stream. */
  readonly ids: (stream: string) => ReadonlySet<string>;
  /** Whether it follows its protocol. */
  readonly check: (stream: string) => void;
}

const words = 'one two three, and four is ü 日本 five! six seven eight nine ten';
const callText = 'get_weather {"city":"Oslo or Rome"}';
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];
const thought = '<think>\none two three\n</think>\n\nfour five six seven';

function request(what: string, path: string, body: object): ResumingRequest {
  const ids = idsIn(/"id":"(?:chatcmpl|cmpl)-[^"]*"/g);
  return { what, path, body, end: /data: \[DONE\]\n\n$/, ids, check: () => undefined };
}

function message(what: string, content: string, body: object = {}): ResumingRequest {
  const end = /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/;
  const messages = [{ role: 'user', content }];
  const whole = { max_tokens: 100, messages, ...body };
  const ids = idsIn(/"id":"msg_[^"]*"/g);
  const check = (stream: string): void => void checkedMessage(namedEvents(stream).map(({ data }) => data));
  return { what: `message: ${what}`, path: '/v1/messages', body: whole, end, ids, check };
}

function response(what: string, input: string, body: object = {}): ResumingRequest {
  const ids = idsIn(/"id":"resp_[^"]*"/g);
  const check = (stream: string): void => void checkedResponse(namedEvents(stream).map(({ data }) => data));
  const end = /event: response\.(completed|incomplete)\ndata: [^\n]*\n\n$/;
  return { what: `response: ${what}`, path: '/v1/responses', body: { input, ...body }, end, ids, check };
}

function idsIn(pattern: RegExp): ResumingRequest['ids'] {
  return (stream) => new Set(stream.match(pattern));
}

export const resumingRequests: readonly ResumingRequest[] = [
  request('a chat', '/v1/chat/completions', { ...chat(words), stream_options: { include_usage: true } }),
  request('a text', '/v1/completions', { prompt: words, echo: true }),
  request('calls of tools', '/v1/chat/completions', chat(callText, { tools })),
  request('an answer that ends at a stop string', '/v1/chat/completions', {
    ...chat(words),
    stop: ['six seven nine', 'nine'],
  }),
  request('a chat with probabilities', '/v1/chat/completions', {
    ...chat(`${thought} ${words}`),
    ...{ logprobs: true, top_logprobs: 2, seed: 3 },
  }),
  request('a text with probabilities', '/v1/completions', {
    ...{ prompt: words, echo: true, logprobs: 1, seed: 3, stop: ['five! seven', 'six seven nine', 'nine'] },
  }),
  request('several choices', '/v1/chat/completions', {
    ...chat('one two three, four five', { n: 3 }),
    stream_options: { include_usage: true },
  }),
  request('several prompts', '/v1/completions', {
    ...{ prompt: ['one', 'two three, four', 'a b'], echo: true, n: 2, stop: ['three, four'] },
    ...{ logprobs: 1, seed: 3, stream_options: { include_usage: true } },
  }),
  message('a text', words),
  message('at its limit', words, { max_tokens: 7 }),
  message('at a stop string', words, { stop_sequences: ['six seven nine', 'nine'] }),
  message('a thought', thought),
  message('calls of tools', callText, { tools: [{ name: 'get_weather', input_schema: parameters }] }),
  response('a text', words),
  response('a text that ends at its limit', words, { max_output_tokens: 7 }),
  response('a thought', thought, { include: ['reasoning.encrypted_content'] }),
  response('calls of tools', `${callText} ${callText}`, {
    tools: [{ type: 'function', name: 'get_weather', parameters }],
  }),
  response('a custom tool', 'patch {"input":"+ add a line"}', { tools: [{ type: 'custom', name: 'patch' }] }),
];

/** A few words for each protocol. */
export const shortResumingRequests: readonly ResumingRequest[] = [
  request('a chat', '/v1/chat/completions', chat('Grüße, 日本')),
  request('probabilities', '/v1/completions', { prompt: 'a b c', logprobs: 0, seed: 1, stop: ['b a', 'c'] }),
  request('choices', '/v1/completions', {
    ...{ prompt: ['a', 'b c'], n: 2, max_tokens: 2, stream_options: { include_usage: true } },
  }),
  message('a thought', '<think>hm so</think>yes'),
  response('a call', 'f {"a":1}', { tools: [{ type: 'function', name: 'f' }] }),
];

/** Without what may differ between two answers to the same request, such as the order in which the choices of one round come. */
export function masked(stream: string): string {
  const names = new Set<string>();
  return byChoice(stream)
    .replaceAll(/"(chatcmpl|cmpl|call|msg|toolu|resp|rs|fc|ctc)[-_]([0-9a-f-]+)"/g, (_, kind: string, id: string) => {
      names.add(id);
      return `"${kind} ${[...names].indexOf(id)}"`;
    })
    .replaceAll(/"(created|created_at|completed_at)":\d+/g, '"$1":0')
    .replaceAll(/"timings":\{[^}]*\}/g, '"timings":{}');
}

function byChoice(stream: string): string {
  const events = stream.split('\n\n').map((event) => {
    const choice = /"choices":\[\{"index":(\d+)/.exec(event)?.[1];
    return { event, choice: choice === undefined ? Infinity : Number(choice) };
  });
  if (!events.some(({ choice }) => choice > 0 && choice < Infinity)) return stream;
  return events
    .sort((one, other) => (one.choice === other.choice ? 0 : one.choice - other.choice))
    .map(({ event }) => event)
    .join('\n\n');
}

/** For a model: what each protocol and each addition to it takes. */
export const modelResumingRequests: readonly ResumingRequest[] = [
  request('choices with probabilities', '/v1/chat/completions', {
    ...chat('Tell me a story.', { n: 2, logprobs: true, temperature: 0, max_tokens: 24 }),
    stream_options: { include_usage: true },
  }),
  request('a text with probabilities', '/v1/completions', {
    ...{ prompt: 'Once upon a time, 日本', echo: true, logprobs: 0, temperature: 0, max_tokens: 24 },
    stream_options: { include_usage: true },
  }),
  message('a text', 'Tell me a story.', { temperature: 0, max_tokens: 24 }),
  response('a text', 'Tell me a story.', { temperature: 0, max_output_tokens: 24 }),
];

/** A server in front of two others, whose streams are cut. */
export interface ResumingHouse {
  readonly plan: CutPlan;
  /** The answer of one of the two. */
  readonly whole: (request: ResumingRequest) => Promise<string>;
  /** The same as the server in front of them gets it, with records of its tokens. */
  readonly recorded: (request: ResumingRequest) => Promise<Buffer>;
  /** The answer of the server in front of them. */
  readonly relayed: (request: ResumingRequest) => Promise<string>;
  /** The same, while the servers behind it give up what they generate as soon as the answer has begun. */
  readonly interrupted: (request: ResumingRequest) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** @param tokenMs how long they take for a token, in milliseconds */
export async function resumingHouse(tokenMs = 0.1): Promise<ResumingHouse> {
  const apps: TestApp[] = [];
  const servers: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    const app = await createTestApp({ makeEngine: () => thinkingMock(tokenMs) });
    apps.push(app);
    servers.push(await app.app.listen({ host: '127.0.0.1', port: 0 }));
  }
  const house = await houseBefore(servers);
  return {
    ...house,
    interrupted: async (asked) => {
      const answer = await ask(house.url, asked);
      const chunks: Uint8Array[] = [];
      const body: AsyncIterable<Uint8Array> | null = answer.body;
      for await (const chunk of body ?? []) {
        if (chunks.length === 0) for (const app of apps) app.inference.abandonRunning();
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString();
    },
    close: async () => {
      await house.close();
      for (const app of apps) await app.close();
    },
  };
}

/** @param servers their addresses; the caller stops them */
export async function houseBefore(
  servers: readonly string[],
): Promise<Omit<ResumingHouse, 'interrupted'> & { readonly url: string }> {
  const plan: CutPlan = { next: [] };
  const proxies: CuttingProxy[] = [];
  for (const server of servers) proxies.push(await CuttingProxy.before(server, plan));
  const urls = proxies.map(({ url }) => url);
  const relay = await startRelay(urls);
  return {
    url: relay.url,
    plan,
    whole: async (asked) => (await streamed(urls[0] ?? '', asked)).toString(),
    recorded: (asked) => streamed(urls[0] ?? '', asked, { 'x-chatstream-resume': 'tokens' }),
    relayed: async (asked) => (await streamed(relay.url, asked)).toString(),
    close: async () => {
      await relay.drain(0);
      for (const proxy of proxies) await proxy.stop();
    },
  };
}

/** Repeats what it is told, and is taken for a model that thinks. */
function thinkingMock(tokenMs: number): ServingEngine {
  const options = { ...engineDefaults, prefillMs: 0, tokenMs, reply: 'echo' } as const;
  const engine = createMockEngine(options, systemClock);
  const info = engine.start();
  engine.start = async () => ({ ...(await info), chatTemplate: '<think>' });
  return inProcess(engine);
}

type Headers = Readonly<Record<string, string>>;

function ask(base: string, { path, body }: ResumingRequest, headers: Headers = {}): Promise<Response> {
  return fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...body, stream: true }),
  });
}

async function streamed(base: string, request: ResumingRequest, headers: Headers = {}): Promise<Buffer> {
  const response = await ask(base, request, headers);
  expect(response.headers.has('x-chatstream-resume')).toBe('x-chatstream-resume' in headers);
  return Buffer.from(await response.arrayBuffer());
}
