import Anthropic, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { Type } from 'typebox';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../../support/clients/proofs.js';
import { rejection } from '../../support/clients/rejection.js';
import { nonsense, Served, servers } from '../../support/clients/served.js';
import { thinkingTemplate } from '../../support/clients/thinking-template.js';
import { parseAs } from '../../support/parse-as.js';
import { checkedMessage } from '../../support/protocols/messages-stream.js';

const apiKey = 'correct horse';

const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Tell me a story.' }];

const served = new Served(nonsense({ chatTemplate: thinkingTemplate }), apiKey);
const mock = new Served(servers.echo);
let client: Anthropic;
/** A seed makes answers repeatable. It is not a parameter of Anthropic's, which its client sends nevertheless. */
let request: Anthropic.MessageCreateParamsNonStreaming;
/** Long enough to still run when the test looks, even if the test was held up for some seconds. */
let endless: Anthropic.MessageCreateParamsNonStreaming;

beforeAll(() => {
  client = new Anthropic({ baseURL: served.url, apiKey, maxRetries: 0 });
  const shared = { model: served.model, messages };
  request = Object.assign({ ...shared, max_tokens: 60 }, { seed: 7 });
  // Anthropic's clients refuse to wait for more than 21,333 tokens that are not streamed.
  endless = Object.assign({ ...shared, max_tokens: 20_000 }, { ignore_eos: true });
});

afterEach(async () => {
  await served.untilIdle();
});

describe('messages', () => {
  it('come whole, with usage', proves('anthropic: messages', 'whole'), async () => {
    const message = await client.messages.create(request);
    expect(message).toMatchObject({ type: 'message', role: 'assistant', model: served.model });
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringMatching(/./) as unknown }]);
    expect(['end_turn', 'max_tokens']).toContain(message.stop_reason);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    expect(message._request_id).toMatch(/./);
  });

  it('come as a stream of the same content for the same seed', proves('anthropic: messages', 'streamed'), async () => {
    const whole = await client.messages.create(request);
    const pieces: string[] = [];
    const stream = client.messages.stream(request).on('text', (piece) => pieces.push(piece));
    const message = await stream.finalMessage();
    expect(message.content).toEqual(whole.content);
    expect(message.content).toMatchObject([{ type: 'text', text: pieces.join('') }]);
    expect(message).toMatchObject({
      stop_reason: whole.stop_reason,
      usage: { output_tokens: whole.usage.output_tokens },
    });
  });

  it('come in events as Anthropic publishes them', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 8 };
    const events: unknown[] = [];
    const question = { ...endless, max_tokens: 40, thinking, stream: true as const };
    for await (const event of await client.messages.create(question)) events.push(event);
    const { blocks, stopReason } = checkedMessage(events);
    expect(blocks.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(stopReason).toBe('max_tokens');
  });

  it('are as long as their prompt was counted', async () => {
    const system = [{ type: 'text' as const, text: 'You are kind.', cache_control: { type: 'ephemeral' as const } }];
    const { model } = request;
    const { input_tokens: counted } = await client.messages.countTokens({ model, messages, system });
    const { usage } = await client.messages.create({ ...request, system });
    expect(usage.input_tokens + (usage.cache_read_input_tokens ?? 0)).toBe(counted);
  });

  it('go on with a conversation in which Anthropic has searched the web', async () => {
    const search = { type: 'server_tool_use' as const, id: 'srvtoolu_1', name: 'web_search' as const, input: {} };
    const failed = { type: 'web_search_tool_result_error' as const, error_code: 'max_uses_exceeded' as const };
    const begun: Anthropic.MessageParam[] = [
      ...messages,
      {
        role: 'assistant',
        content: [
          search,
          { type: 'web_search_tool_result', tool_use_id: search.id, content: failed },
          { type: 'text', text: 'Once there was a queue.' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'document', title: 'Queues', source: { type: 'text', media_type: 'text/plain', data: 'They move.' } },
          { type: 'text', text: 'And then?' },
        ],
      },
    ];
    const thinking = { type: 'disabled' as const };
    const { data, response } = await client.messages.create({ ...request, messages: begun, thinking }).withResponse();
    expect(data.content.map(({ type }) => type)).toEqual(['text']);
    expect(response.headers.get('x-chatstream-left-out')).toBe('server_tool_use, web_search_tool_result');
  });

  it('say which stop sequence ended them', async () => {
    const long = { ...endless, ...request };
    const { content } = await client.messages.create(long);
    const [block] = content;
    const stop = block?.type === 'text' ? (/[!-~]{2}/.exec(block.text)?.[0] ?? '') : '';
    const message = await client.messages.create({ ...long, stop_sequences: ['\u0007', stop] });
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: stop });
  });

  it('think within their budget, if they are told to', proves('anthropic: messages', 'reasoning'), async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 8 };
    const message = await client.messages.stream({ ...endless, thinking, max_tokens: 40 }).finalMessage();
    expect(message.content[0]).toMatchObject({ type: 'thinking', signature: '' });
    expect(message.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(7);
    const quiet = await client.messages.create({ ...request, thinking: { type: 'disabled' } });
    expect(quiet.content.map(({ type }) => type)).toEqual(['text']);
  });

  it('keep to a JSON schema', proves('anthropic: messages', 'schemas'), async () => {
    const format = jsonSchemaOutputFormat({
      type: 'object',
      properties: { mood: { type: 'string', enum: ['calm', 'stormy'] }, windy: { type: 'boolean' } },
      required: ['mood', 'windy'],
      additionalProperties: false,
    });
    // Left to itself, the model might think until it has no tokens left, or end its turn in the middle of a thought.
    const thinking = { type: 'enabled' as const, budget_tokens: 0 };
    const message = await client.messages.parse({ ...request, max_tokens: 300, thinking, output_config: { format } });
    expect(['calm', 'stormy']).toContain(message.parsed_output?.mood);
  });

  it('free their slot when the client aborts in mid-stream', proves('anthropic: messages', 'aborted'), async () => {
    const stream = client.messages.stream(endless);
    stream.on('text', () => {
      stream.abort();
    });
    expect(await rejection(stream.done())).toBeInstanceOf(APIUserAbortError);
    await served.untilIdle();
    expect(await client.messages.create(request)).toMatchObject({ type: 'message' });
  });

  it(
    'free their slot when the client gives up waiting for the whole',
    proves('anthropic: messages', 'aborted'),
    async () => {
      const controller = new AbortController();
      const answer = rejection(client.messages.create(endless, { signal: controller.signal }));
      await served.untilRunning();
      controller.abort();
      expect(await answer).toBeInstanceOf(APIUserAbortError);
      await served.untilIdle();
    },
  );
});

describe('tools', () => {
  const tools: Anthropic.Tool[] = [
    {
      name: 'get_weather',
      description: 'The weather of a city.',
      input_schema: {
        type: 'object',
        properties: { city: { enum: ['Oslo', 'Rome'] } },
        required: ['city'],
        additionalProperties: false,
      },
    },
  ];

  it('are called, and their results read', proves('anthropic: messages', 'tools', 'turns'), async () => {
    const tool_choice = { type: 'tool' as const, name: 'get_weather' };
    const question = { ...request, max_tokens: 300, tools, tool_choice };
    const called = await client.messages.stream(question).finalMessage();
    expect(called.stop_reason).toBe('tool_use');
    const call = called.content.find((block) => block.type === 'tool_use');
    expect(call).toMatchObject({ id: expect.stringMatching(/^toolu_/) as unknown, name: 'get_weather' });
    expect(['Oslo', 'Rome']).toContain(parseAs(Type.Object({ city: Type.String() }), call?.input).city);

    const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: '9 °C', is_error: false };
    const answer = await client.messages.create({
      ...request,
      tools,
      tool_choice: { type: 'none' },
      messages: [...messages, { role: 'assistant', content: called.content }, { role: 'user', content: [result] }],
    });
    expect(answer.content.map(({ type }) => type)).toEqual(['text']);
  });

  it('are run by the client’s tool runner to the end', proves('anthropic: messages', 'tools'), async () => {
    const asked: unknown[] = [];
    const weather = betaTool({
      name: 'get_weather',
      description: 'The weather of a city.',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      run: ({ city }) => {
        asked.push(city);
        return '9 °C';
      },
    });
    const anthropic = new Anthropic({ baseURL: mock.url, apiKey: 'none', maxRetries: 0 });
    const content = 'get_weather {"city": "Oslo"}';
    for (const stream of [true, false]) {
      const message = await anthropic.beta.messages.toolRunner({
        model: 'mock',
        max_tokens: 100,
        messages: [{ role: 'user', content }],
        tools: [weather],
        stream,
      });
      expect(message).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text', text: content }] });
    }
    expect(asked).toEqual(['Oslo', 'Oslo']);
  });
});

describe('errors', () => {
  it.each([
    ['temperature', { temperature: -1 }],
    ['max_tokens', { max_tokens: -2 }],
    ['mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'x' }] }],
  ])('name a parameter that is wrong or not supported: %s', async (param, wrong) => {
    const error = await rejection(client.messages.create({ ...request, ...wrong }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', errorCode: 'invalid_request' });
    expect(error).toMatchObject({ details: { param } });
  });

  it('say that a prompt is too long', async () => {
    const content = 'word '.repeat(20_000);
    const error = await rejection(client.messages.create({ ...request, messages: [{ role: 'user', content }] }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toHaveProperty('message', expect.stringMatching(/prompt is too long: .*\d{5,} tokens/));
  });

  it('name an unknown model, and tell a wrong key from a right one', async () => {
    const unknown = await rejection(client.messages.create({ ...request, model: 'claude' }));
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toMatchObject({ type: 'not_found_error', errorCode: 'model_not_found' });
    const stranger = new Anthropic({ baseURL: served.url, apiKey: 'wrong', maxRetries: 0 });
    const error = await rejection(stranger.messages.create(request));
    expect(error).toBeInstanceOf(AuthenticationError);
    if (error instanceof APIError) expect(error.requestID).toMatch(/./);
  });
});

describe('a full queue', () => {
  it('refuses with a Retry-After', async () => {
    await served.resize({ max_concurrency: 1, max_queue: 0 });
    const blocker = await client.messages.create({ ...endless, stream: true });

    const refused = await rejection(client.messages.create(request));
    expect(refused).toBeInstanceOf(RateLimitError);
    expect(refused).toMatchObject({ status: 429, type: 'rate_limit_error', errorCode: 'queue_full' });
    if (refused instanceof RateLimitError) expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    blocker.controller.abort();
    await served.resize({ max_concurrency: 2, max_queue: 8 });
  });
});

describe('Claude Code', () => {
  /** Made after requests of its version 2.1: what it sends with the first message of a session. */
  const firstRequest = {
    max_tokens: 32,
    messages: [
      { role: 'user', content: '<available-deferred-tools>\nWebFetch\n</available-deferred-tools>' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>\nToday is Monday.\n</system-reminder>' },
          { type: 'text', text: 'Hello', cache_control: { type: 'ephemeral', ttl: '1h' } },
        ],
      },
      { role: 'system', content: 'The following skills are available:' },
    ],
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.69.a1b; cc_entrypoint=cli; cch=00000;' },
      { type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral', scope: 'global' } },
      { type: 'text', text: '# Tone\nBe brief.', cache_control: { type: 'ephemeral' } },
    ],
    tools: ['Bash', 'Read', 'Edit', 'Grep', 'mcp__ide__getDiagnostics'].map((name) => ({
      name,
      description: `Runs ${name}.`,
      input_schema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { path: { type: 'string', description: 'Where.' }, limit: { type: 'number', exclusiveMinimum: 0 } },
        required: ['path'],
        additionalProperties: false,
      },
      eager_input_streaming: true,
    })),
    metadata: { user_id: 'user_1_account__session_2' },
    thinking: { type: 'adaptive' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'medium' },
    temperature: 1,
    stream: true,
  };

  it('gets its first answer', async () => {
    const response = await fetch(`${served.url}/v1/messages?beta=true`, {
      method: 'POST',
      headers: {
        'x-api-key': apiKey,
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'claude-code-20250219,context-management-2025-06-27,effort-2025-11-24',
        'anthropic-dangerous-direct-browser-access': 'true',
      },
      body: JSON.stringify({ ...firstRequest, model: served.model }),
    });
    expect(response.status).toBe(200);
    const stream = await response.text();
    expect(stream).toContain('event: message_start');
    expect(stream.trim().endsWith('data: {"type":"message_stop"}')).toBe(true);
  });
});
