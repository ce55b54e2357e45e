import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { usualTimes } from '../../../src/core/executor/upstream/upstream-times.js';
import { OneModel } from '../../../src/core/inference/service/one-model.js';
import { listedNames, modelMeant } from '../../../src/core/lines/model-names.js';
import { allowedModel } from '../../../src/core/server/http/keys/allowed-models.js';
import { chat, testApp } from '../../support/app.js';
import { linesApp } from '../../support/lines-app.js';
import { bearer, type ListedModels, modelKey, modelRequests } from '../../support/model-keys.js';
import { testRelay } from '../../support/relay-server.js';
import { UpstreamServer } from '../../support/upstream-server.js';

describe('a name that another model has, though it is that of a file of an allowed one', () => {
  const requests = [...modelRequests, ['/tokenize', { content: 'hi' }], ['/detokenize', { tokens: [104] }]] as const;

  it.each(requests)('is refused in %s', async (url, body) => {
    const made = await linesApp({
      models: ['big', 'chat'],
      aliases: ['chat.gguf'],
      keys: [modelKey('anna', ['chat'])],
    });
    const statusFor = async (model: string): Promise<number> =>
      (await made.post(url, { ...body, model }, bearer('anna'))).statusCode;
    expect(await statusFor('chat')).toBe(200);
    expect(await statusFor('chat.gguf')).toBe(403);
  });

  it('is refused for embeddings', async () => {
    const engine = { embeddings: true };
    const keys = [modelKey('anna', ['chat'])];
    const made = await linesApp({ models: ['big', 'chat'], aliases: ['chat.gguf'], keys, engine });
    const statusFor = async (model: string): Promise<number> =>
      (await made.post('/v1/embeddings', { input: 'hi', model }, bearer('anna'))).statusCode;
    expect(await statusFor('chat')).toBe(200);
    expect(await statusFor('chat.gguf')).toBe(403);
  });

  it('is neither listed nor described, nor what a request gets that names no model', async () => {
    const made = await linesApp({
      models: ['big', 'chat'],
      aliases: ['chat.gguf'],
      keys: [modelKey('anna', ['chat'])],
    });
    const get = (url: string): Promise<LightMyRequestResponse> =>
      made.app.inject({ method: 'GET', url, headers: bearer('anna') });
    expect((await get('/v1/models')).json<ListedModels>().data.map(({ id }) => id)).toEqual(['chat']);
    expect((await get('/v1/models/chat.gguf')).statusCode).toBe(403);
    expect((await get('/v1/models/chat')).statusCode).toBe(200);
    const answer = await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2 }), bearer('anna'));
    expect(answer.json<unknown>()).toMatchObject({ model: 'chat' });
  });

  it('is refused where it is the name of another model', async () => {
    const made = await linesApp({ models: ['chat', 'chat.gguf'], keys: [modelKey('anna', ['chat'])] });
    const ask = (model: string): ReturnType<typeof made.post> =>
      made.post('/v1/chat/completions', chat('hi', { model, max_tokens: 2 }), bearer('anna'));
    expect((await ask('chat.gguf')).statusCode).toBe(403);
    expect((await ask('chat')).statusCode).toBe(200);
  });

  it('is refused where it is an alias of the only model', async () => {
    const made = await testApp({ keys: [modelKey('anna', ['chat'])], server: { aliases: ['chat.gguf'] } });
    const ask = (model: string): ReturnType<typeof made.post> =>
      made.post('/v1/chat/completions', chat('hi', { model, max_tokens: 2 }), bearer('anna'));
    expect((await ask('chat.gguf')).statusCode).toBe(403);
    expect((await ask('chat')).statusCode).toBe(404);
  });
});

describe('the model that a key gets', () => {
  // Few letters, so that names, aliases and names of files meet.
  const name = fc.stringMatching(/^[ab](\.gguf)?$/);

  it('is one that a name in its list means, whatever it asks for', () => {
    const names = fc.uniqueArray(name, { minLength: 1 });
    const wanted = fc.option(fc.oneof(name, fc.constantFrom('a.gguf.gguf', 'A', 'a.GGUF', 'a:latest')));
    const aliasNames = fc.array(fc.oneof(name, fc.constant('*')));
    fc.assert(
      fc.property(names, aliasNames, names, wanted, (served, aliases, allowed, asked) => {
        const models = served.map((each) => ({ name: each }));
        const meant = (each: string | null): unknown => modelMeant(each, models, aliases);
        const offered = listedNames(models, aliases).map(({ id }) => id);
        let found: string | null;
        try {
          found = allowedModel(modelKey('anna', allowed), asked, offered, meant);
        } catch {
          expect(allowed).not.toContain(asked);
          return;
        }
        const got = meant(found);
        if (got !== undefined) expect(allowed.map(meant)).toContain(got);
      }),
    );
  });
});

describe('the only model', () => {
  it('is meant by its aliases before it is loaded, and by the name of its file from then on', async () => {
    const { inference: empty } = await testApp({ unloaded: true });
    const unloaded = new OneModel(empty, ['small']);
    expect(unloaded.meant('small')).toBe(empty);
    expect(unloaded.meant('mock')).toBeUndefined();
    const { inference } = await testApp();
    const loaded = new OneModel(inference, ['small']);
    expect(loaded.meant('small')).toBe(inference);
    expect(loaded.meant('mock')).toBe(inference);
    expect(loaded.meant('mock.gguf')).toBe(inference);
    expect(loaded.meant('other')).toBeUndefined();
  });
});

describe('a key that may use some models of upstream servers', () => {
  async function relayFor(
    models: readonly string[],
    allowed: readonly string[],
    settings = '',
  ): Promise<{
    readonly upstream: UpstreamServer;
    readonly url: string;
    readonly ask: (body: string) => Promise<Response>;
  }> {
    const upstream = await UpstreamServer.start({ models });
    onTestFinished(() => upstream.stop());
    const { url } = await testRelay([upstream.url + settings], {
      times: usualTimes,
      access: { keys: [modelKey('anna', allowed)], anonymous: null, classReserves: new Map() },
    });
    const headers = { ...bearer('anna'), 'content-type': 'application/json' };
    const ask = (body: string): Promise<Response> =>
      fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    return { upstream, url, ask };
  }

  it('may not use one whose name is that of an allowed one with an extension', async () => {
    const { upstream, url, ask } = await relayFor(['chat.gguf', 'chat'], ['chat']);
    expect((await ask('{"model":"chat.gguf","messages":[]}')).status).toBe(403);
    expect((await ask('{"model":"chat","messages":[]}')).status).toBe(200);
    expect((await ask('{"messages":[]}')).status).toBe(200);
    expect(upstream.requests.map(({ body }) => body).join()).not.toContain('gguf');
    const list = await fetch(`${url}/v1/models`, { headers: bearer('anna') });
    expect(await list.json()).toMatchObject({ data: [{ id: 'chat' }] });
  });

  it.each([
    '{"model":"large","model":"small"}',
    '{"model":"large","mod\\u0065l":"small"}',
    '{"model":"small","Model":"large"}',
    '{"MODEL":"large"}',
    '{"model":"small","models":["large"]}',
    '{"model":"small","fallbacks":["large"]}',
    '{"model":"small","modelſ":["large"]}',
    '{"model":"small","fallbac\u212As":["large"]}',
    '{"model":"small","context_window_fallback\u017F":[{"small":["large"]}]}',
    '{"model":"small","context_window_fallbacks":[{"small":["large"]}]}',
  ])('may not name a second one that some servers would take: %s', async (body) => {
    const { upstream, ask } = await relayFor(['large', 'small'], ['small']);
    const refused = await ask(body);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('can name one only');
    expect(upstream.requests).toEqual([]);
    expect((await ask('{"model":"small","messages":[{"model":"large"}]}')).status).toBe(200);
  });

  it.each([400, 422, 500])('does not hear the names of others in a %d of an upstream', async (status) => {
    const { upstream, ask } = await relayFor(['large', 'small', 'tiny'], ['small', 'tiny']);
    upstream.manner = { type: 'status', status, message: 'Too much for small. Try large, or tiny!' };
    for (const stream of [false, true]) {
      const text = await (await ask(JSON.stringify({ model: 'small', messages: [], stream }))).text();
      expect(text).not.toContain('large');
      if (status < 500) expect(text).toContain('Too much for small. Try (another model), or tiny!');
    }
  });

  it.each([
    { error: { message: 'Broken. Try large, openai/large or tiny!', code: 500 } },
    { type: 'error', message: 'Broken. Try large, openai/large or tiny!' },
  ])('does not hear the names of others in an error in the middle of a stream: %j', async (event) => {
    const { upstream, ask } = await relayFor(['large', 'small', 'tiny'], ['small', 'tiny']);
    upstream.manner = { type: 'report', afterTokens: 2, event };
    const body = { model: 'small', messages: [], user: 'a large error', stream: true };
    const text = await (await ask(JSON.stringify(body))).text();
    expect(text).toContain('a large error-1ü');
    expect(text).toContain('Broken. Try (another model), (another model) or tiny!');
  });

  it("does not hear the upstreams' own names of others", async () => {
    const { upstream, ask } = await relayFor(
      ['gpt-large', 'gpt-small'],
      ['small'],
      ',model=large=gpt-large,model=small=gpt-small',
    );
    upstream.manner = { type: 'status', status: 400, message: 'Not gpt-small. Try gpt-large!' };
    const text = await (await ask('{"model":"small","messages":[]}')).text();
    expect(text).toContain('Not gpt-small. Try (another model)!');
  });

  it('does not hear the names of others', async () => {
    const { url, ask } = await relayFor(['large'], ['small']);
    const refused = await ask('{"model":"small","messages":[]}');
    expect(refused.status).toBe(404);
    expect(await refused.text()).not.toContain('large');
    const described = await fetch(`${url}/v1/models/small`, { headers: bearer('anna') });
    expect(described.status).toBe(404);
    expect(await described.text()).not.toContain('large');
  });
});
