import { describe, expect, it, onTestFinished } from 'vitest';
import type { KeySettings } from '../../../src/core/config/key-settings.js';
import { usualTimes } from '../../../src/core/executor/upstream/upstream-times.js';
import { chat, type TestApp, testApp } from '../../support/app.js';
import { bearer, type ListedModels, modelKey, modelRequests } from '../../support/model-keys.js';
import { testRelay } from '../../support/relay-server.js';
import { UpstreamServer } from '../../support/upstream-server.js';

/** The model is called `mock` and `small`. */
function server(...keys: readonly KeySettings[]): Promise<TestApp> {
  return testApp({ keys, server: { aliases: ['small'] } });
}

describe('a key that may use some models', () => {
  it.each(modelRequests)('is refused others in %s, whether or not there are such models', async (url, body) => {
    const { post } = await server(modelKey('anna', ['small']));
    const statusFor = async (model: string): Promise<number> =>
      (await post(url, { ...body, model }, bearer('anna'))).statusCode;
    expect(await statusFor('small')).toBe(200);
    expect(await statusFor('mock')).toBe(403);
    expect(await statusFor('nothing')).toBe(403);
  });

  it('hears which it may use, in an error of the code forbidden', async () => {
    const { post } = await server(modelKey('anna', ['small', 'large']));
    const refused = await post('/v1/chat/completions', chat('hi', { model: 'mock' }), bearer('anna'));
    expect(refused.json<unknown>()).toMatchObject({
      error: { code: 'forbidden', type: 'permission_error', param: 'model' },
    });
    expect(refused.body).toContain('It may use \\"small\\", \\"large\\".');
  });

  it('is refused others for embeddings', async () => {
    const made = await testApp({
      keys: [modelKey('anna', ['small'])],
      server: { aliases: ['small'] },
      engine: { embeddings: true },
    });
    const statusFor = async (model: string): Promise<number> =>
      (await made.post('/v1/embeddings', { input: 'hi', model }, bearer('anna'))).statusCode;
    expect(await statusFor('small')).toBe(200);
    expect(await statusFor('mock')).toBe(403);
  });

  it('gets one of its own if a request leaves the model open', async () => {
    const { post } = await server(modelKey('anna', ['mock']), modelKey('ben'));
    const modelOf = async (name: string): Promise<unknown> =>
      (await post('/v1/chat/completions', chat('hi', { max_tokens: 2 }), bearer(name))).json<{ model: unknown }>()
        .model;
    expect(await modelOf('anna')).toBe('mock');
    expect(await modelOf('ben')).toBe('small');
  });

  it('hears that there is no such model if none of its own is served', async () => {
    const { post } = await server(modelKey('anna', ['large']));
    const answer = await post('/v1/chat/completions', chat('hi'), bearer('anna'));
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('small');
    expect(answer.body).toContain(
      'Nor is any other model that this request may use. Ask the operator to add one of them, or to allow another.',
    );
  });

  it('is told of none of the others if it asks what one of its own is that is not served', async () => {
    const { get } = await server(modelKey('anna', ['large']), modelKey('ben', ['large', 'mock']));
    const [anna, ben] = await Promise.all(['anna', 'ben'].map((name) => get('/v1/models/large', bearer(name))));
    expect(anna?.statusCode).toBe(404);
    expect(anna?.body).not.toMatch(/small|mock|loaded/);
    expect(ben?.statusCode).toBe(404);
    expect(ben?.body).toContain('Ask for \\"mock\\"');
  });

  it('sees only these in the list', async () => {
    const { get } = await server(modelKey('anna', ['small']), modelKey('ben'));
    const namesFor = async (name: string): Promise<readonly string[]> =>
      (await get('/v1/models', bearer(name))).json<ListedModels>().data.map(({ id }) => id);
    expect(await namesFor('anna')).toEqual(['small']);
    expect(await namesFor('ben')).toEqual(['small', 'mock']);
    expect((await get('/v1/models/small', bearer('anna'))).statusCode).toBe(200);
    expect((await get('/v1/models/mock', bearer('anna'))).statusCode).toBe(403);
  });

  it('may name its file with the extension', async () => {
    const { post } = await server(modelKey('anna', ['mock']));
    const answer = await post(
      '/v1/chat/completions',
      chat('hi', { model: 'mock.gguf', max_tokens: 2 }),
      bearer('anna'),
    );
    expect(answer.statusCode).toBe(200);
  });
});

describe('a key that may use some models of upstream servers', () => {
  it("is refused the others, and never gets an upstream's own choice", async () => {
    const upstream = await UpstreamServer.start({ models: ['large', 'small'] });
    onTestFinished(() => upstream.stop());
    const relay = await testRelay([upstream.url], {
      times: usualTimes,
      access: { keys: [modelKey('anna', ['small'])], anonymous: null, classReserves: new Map() },
    });
    const ask = (body: object): Promise<Response> =>
      relay.post({ ...chat('hi'), ...body }, { headers: bearer('anna') });
    expect((await ask({ model: 'large' })).status).toBe(403);
    expect((await ask({ model: 'small' })).status).toBe(200);
    expect((await ask({})).status).toBe(200);
    expect(upstream.requests.map(({ body }) => body)).toEqual([
      expect.stringContaining('"model":"small"'),
      expect.stringContaining('"model":"small"'),
    ]);
    const list = await fetch(`${relay.url}/v1/models`, { headers: bearer('anna') });
    expect(await list.json()).toMatchObject({ data: [{ id: 'small' }] });
  });

  it('is told of none of the others if none of its own is there', async () => {
    const upstream = await UpstreamServer.start({ models: ['large', 'small'] });
    onTestFinished(() => upstream.stop());
    const relay = await testRelay([upstream.url], {
      times: usualTimes,
      access: { keys: [modelKey('anna', ['tiny'])], anonymous: null, classReserves: new Map() },
    });
    const answers = await Promise.all([
      relay.post({ ...chat('hi'), model: 'tiny' }, { headers: bearer('anna') }),
      fetch(`${relay.url}/v1/models/tiny`, { headers: bearer('anna') }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(await answer.text()).not.toMatch(/large|small|loaded/);
    }
  });
});
