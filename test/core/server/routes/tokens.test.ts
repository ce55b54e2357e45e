import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { createTestApp, type TestApp, until } from '../../../support/app.js';
import { listen } from '../../../support/stream-client.js';

describe('tokens', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  it.each([
    ['hé😀', [104, 233, 0x1f600]],
    ['', []],
  ])('of %j are %j', async (content, tokens) => {
    const answer = await shared.ask('/tokenize', { content });
    expect(answer.statusCode).toBe(200);
    expect(answer.json<unknown>()).toEqual({ tokens });
  });

  it.each([
    [{}, { names: true, ends: false }],
    [{ add_special: true }, { names: true, ends: true }],
    [
      { parse_special: false, add_special: null },
      { names: false, ends: false },
    ],
  ])("of a text with llama-server's options %j are read with %j", async (options, expected) => {
    const spy = vi.spyOn(shared.engine, 'tokenize');
    const answer = await shared.ask('/tokenize', { content: 'x', with_pieces: false, ...options });
    expect(answer.json<unknown>()).toEqual({ tokens: [120] });
    expect(spy).toHaveBeenCalledWith('x', expected, expect.anything());
    spy.mockRestore();
  });

  it.each([
    [{}, { names: true, ends: true }],
    [
      { add_special_tokens: false, model: 'mock' },
      { names: true, ends: false },
    ],
  ])("of a prompt with vLLM's options %j are read with %j", async (options, expected) => {
    const spy = vi.spyOn(shared.engine, 'tokenize');
    const answer = await shared.ask('/tokenize', { prompt: 'hé', ...options });
    expect(answer.json<unknown>()).toEqual({ count: 2, max_model_len: 4096, tokens: [104, 233], token_strs: null });
    expect(spy).toHaveBeenCalledWith('hé', expected, expect.anything());
    spy.mockRestore();
  });

  it('of messages are those of the prompt of a chat', async () => {
    const chat = { messages: [{ role: 'user', content: 'hi' }], tools: [], chat_template_kwargs: {} };
    const answer = await shared.ask('/tokenize', { ...chat, add_special_tokens: false });
    const { count, max_model_len, tokens } = answer.json<{ count: number; max_model_len: number; tokens: number[] }>();
    const counted = await shared.ask('/v1/chat/completions/input_tokens', chat);
    expect(counted.json<unknown>()).toMatchObject({ input_tokens: count });
    expect(tokens).toHaveLength(count);
    expect(max_model_len).toBe(4096);
    const text = await shared.ask('/detokenize', { tokens });
    expect(text.json<unknown>()).toMatchObject({ prompt: '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n' });
    const unanswered = await shared.ask('/tokenize', { ...chat, add_generation_prompt: false });
    expect(tokens.length).toBeGreaterThan(unanswered.json<{ count: number }>().count);
  });

  it('are shown with their texts as llama-server does', async () => {
    const answer = await shared.ask('/tokenize', { content: 'hé', with_pieces: true });
    expect(answer.json<unknown>()).toEqual({
      tokens: [
        { id: 104, piece: 'h' },
        { id: 233, piece: 'é' },
      ],
    });
  });

  it('have bytes for texts where they are not whole characters', async () => {
    const spellings = [{ name: 'Ã', piece: [0xc3] }];
    const spy = vi.spyOn(shared.engine, 'spell').mockResolvedValueOnce(spellings).mockResolvedValueOnce(spellings);
    const pieces = await shared.ask('/tokenize', { content: 'x', with_pieces: true });
    const names = await shared.ask('/tokenize', { prompt: 'x', return_token_strs: true });
    spy.mockRestore();
    expect(pieces.json<unknown>()).toEqual({ tokens: [{ id: 120, piece: [0xc3] }] });
    expect(names.json<unknown>()).toMatchObject({ tokens: [120], token_strs: ['Ã'] });
  });

  it('are shown with their names as vLLM does, also those of a chat', async () => {
    const prompt = await shared.ask('/tokenize', { prompt: 'hé', return_token_strs: true });
    expect(prompt.json<unknown>()).toEqual({
      count: 2,
      max_model_len: 4096,
      tokens: [104, 233],
      token_strs: ['h', 'é'],
    });
    const messages = [{ role: 'user', content: 'hi' }];
    const chat = await shared.ask('/tokenize', { messages, return_token_strs: true });
    const { tokens, token_strs } = chat.json<{ tokens: number[]; token_strs: string[] }>();
    expect(token_strs).toHaveLength(tokens.length);
    expect(token_strs.slice(0, 6)).toEqual(['<|im_start|>', 'u', 's', 'e', 'r', '\n']);
  });

  it.each([
    ['with_pieces', { prompt: 'x' }],
    ['with_pieces', { messages: [{ role: 'user', content: 'x' }] }],
    ['return_token_strs', { content: 'x' }],
    ['chat_template', { messages: [{ role: 'user', content: 'x' }] }],
  ])('are refused with %s', async (param, body) => {
    const refused = await shared.ask('/tokenize', { ...body, [param]: true });
    expect(refused.statusCode).toBe(400);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it('are those of one text only', async () => {
    const refused = await shared.ask('/tokenize', { content: 'x', prompt: 'x' });
    expect(refused.statusCode).toBe(400);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param: 'prompt' } });
  });

  it('become text again', async () => {
    const answer = await shared.ask('/detokenize', { tokens: [104, 233] });
    expect(answer.json<unknown>()).toEqual({ content: 'hé', prompt: 'hé' });
  });

  it.each([
    ['/tokenize', { content: 'x' }],
    ['/detokenize', { tokens: [1] }],
  ])('%s says when to try again while the engine is down', async (path, body) => {
    const down = new ChatstreamError('engine_unavailable', 'The engine is down.');
    const spies = [
      vi.spyOn(shared.engine, 'tokenize').mockRejectedValueOnce(down),
      vi.spyOn(shared.engine, 'detokenize').mockRejectedValueOnce(down),
    ];
    const answer = await shared.ask(path, body);
    for (const spy of spies) spy.mockRestore();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'engine_unavailable' } });
  });

  it('of a text that has killed the engine twice are a 500', async () => {
    const died = new ChatstreamError('engine_failed', 'The engine has died twice.');
    const spy = vi.spyOn(shared.engine, 'tokenize').mockRejectedValueOnce(died);
    const answer = await shared.ask('/tokenize', { content: 'x' });
    spy.mockRestore();
    expect(answer.statusCode).toBe(500);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'engine_failed', type: 'server_error' } });
  });

  it('are not waited for when the client leaves', async () => {
    let signal: AbortSignal | undefined;
    const spy = vi.spyOn(shared.engine, 'tokenize').mockImplementation((_text, _options, client) => {
      signal = client;
      return new Promise(() => undefined);
    });
    const client = new AbortController();
    const answer = fetch(`http://127.0.0.1:${await listen(shared.app)}/tokenize`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: 'x' }),
      signal: client.signal,
    });
    await until(() => shared.inference.preparing === 1);
    client.abort();
    await expect(answer).rejects.toThrow();
    await until(() => shared.inference.preparing === 0);
    spy.mockRestore();
    expect(signal?.aborted).toBe(true);
  });

  it('take a place while they are answered, so that only so many are asked for at once', async () => {
    const server = await createTestApp({ queue: { maxConcurrency: 1, maxQueue: 2 } });
    const answers: ((tokens: number[]) => void)[] = [];
    const spy = vi
      .spyOn(server.engine, 'tokenize')
      .mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
    const calls = Array.from({ length: 3 }, () => server.ask('/tokenize', { content: 'x' }));
    await until(() => answers.length === 3);
    const refused = await server.ask('/detokenize', { tokens: [104] });
    expect(refused.statusCode).toBe(429);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'queue_full' } });
    expect(refused.headers['retry-after']).toBeDefined();
    expect(spy).toHaveBeenCalledTimes(3);

    for (const answer of answers) answer([1]);
    for (const call of calls) expect((await call).statusCode).toBe(200);
    expect((await server.ask('/detokenize', { tokens: [104] })).statusCode).toBe(200);
    await server.close();
  });

  it.each([
    ['/tokenize', {}, 'content'],
    ['/tokenize', { content: 5 }, 'content'],
    ['/tokenize', { content: null, model: 'mock' }, 'content'],
    ['/tokenize', { prompt: ['x'] }, 'prompt'],
    ['/tokenize', { messages: [] }, 'messages'],
    ['/tokenize', { messages: [{ role: 'user' }] }, 'messages.0.content'],
    ['/detokenize', {}, 'tokens'],
    ['/detokenize', { tokens: 'x' }, 'tokens'],
    ['/detokenize', { tokens: [-1] }, 'tokens.0'],
    ['/detokenize', { tokens: [1.5] }, 'tokens.0'],
    ['/detokenize', { tokens: [2_000_000_000] }, 'tokens'],
  ])('%s refuses %j and names %s', async (path, body, param) => {
    const answer = await shared.ask(path, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });
});
