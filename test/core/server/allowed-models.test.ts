import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../src/core/config/key-settings.js';
import { usualTimes } from '../../../src/core/executor/upstream/upstream-times.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, testApp } from '../../support/app.js';
import { testRelay } from '../../support/relay-server.js';
import { UpstreamServer } from '../../support/upstream-server.js';

/** A key whose name is also its secret. */
function key(name: string, models?: readonly string[]): KeySettings {
  const plain = { trafficClass: 'standard', role: 'user', terms: usualTerms, rates: noRates } as const;
  return { name, digest: digestOf(name), ...plain, ...(models !== undefined && { models }) };
}

const sent = (name: string): { authorization: string } => ({ authorization: `Bearer ${name}` });

/** The model is called `mock` and `small`. */
function server(...keys: readonly KeySettings[]): Promise<TestApp> {
  return testApp({ keys, server: { aliases: ['small'] } });
}

interface Models {
  readonly data: readonly { readonly id: string }[];
}

describe('a key that may use some models', () => {
  const requests = [
    ['/v1/chat/completions', chat('hi', { max_tokens: 2 })],
    ['/v1/chat/completions/input_tokens', chat('hi')],
    ['/v1/completions', { prompt: 'hi', max_tokens: 2 }],
    ['/v1/responses', { input: 'hi', max_output_tokens: 16 }],
    ['/v1/responses/input_tokens', { input: 'hi' }],
    ['/v1/messages', { messages: [{ role: 'user', content: 'hi' }], max_tokens: 2 }],
    ['/v1/messages/count_tokens', { messages: [{ role: 'user', content: 'hi' }] }],
  ] as const;

  it.each(requests)('is refused others in %s, whether or not there are such models', async (url, body) => {
    const { post } = await server(key('anna', ['small']));
    const statusFor = async (model: string): Promise<number> =>
      (await post(url, { ...body, model }, sent('anna'))).statusCode;
    expect(await statusFor('small')).toBe(200);
    expect(await statusFor('mock')).toBe(403);
    expect(await statusFor('nothing')).toBe(403);
  });

  it('hears which it may use, in an error of the code forbidden', async () => {
    const { post } = await server(key('anna', ['small', 'large']));
    const refused = await post('/v1/chat/completions', chat('hi', { model: 'mock' }), sent('anna'));
    expect(refused.json<unknown>()).toMatchObject({
      error: { code: 'forbidden', type: 'permission_error', param: 'model' },
    });
    expect(refused.body).toContain('It may use \\"small\\", \\"large\\".');
  });

  it('is refused others for embeddings', async () => {
    const made = await testApp({
      keys: [key('anna', ['small'])],
      server: { aliases: ['small'] },
      engine: { embeddings: true },
    });
    const statusFor = async (model: string): Promise<number> =>
      (await made.post('/v1/embeddings', { input: 'hi', model }, sent('anna'))).statusCode;
    expect(await statusFor('small')).toBe(200);
    expect(await statusFor('mock')).toBe(403);
  });

  it('gets one of its own if a request leaves the model open', async () => {
    const { post } = await server(key('anna', ['mock']), key('ben'));
    const modelOf = async (name: string): Promise<unknown> =>
      (await post('/v1/chat/completions', chat('hi', { max_tokens: 2 }), sent(name))).json<{ model: unknown }>().model;
    expect(await modelOf('anna')).toBe('mock');
    expect(await modelOf('ben')).toBe('small');
  });

  it('hears that there is no such model if none of its own is served', async () => {
    const { post } = await server(key('anna', ['large']));
    const answer = await post('/v1/chat/completions', chat('hi'), sent('anna'));
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('small');
    expect(answer.body).toContain('Nor is any other model that this request may use.');
  });

  it('is told of none of the others if it asks what one of its own is that is not served', async () => {
    const { get } = await server(key('anna', ['large']), key('ben', ['large', 'mock']));
    const [anna, ben] = await Promise.all(['anna', 'ben'].map((name) => get('/v1/models/large', sent(name))));
    expect(anna?.statusCode).toBe(404);
    expect(anna?.body).not.toMatch(/small|mock|loaded/);
    expect(ben?.statusCode).toBe(404);
    expect(ben?.body).toContain('Ask for \\"mock\\"');
  });

  it('sees only these in the list', async () => {
    const { get } = await server(key('anna', ['small']), key('ben'));
    const namesFor = async (name: string): Promise<readonly string[]> =>
      (await get('/v1/models', sent(name))).json<Models>().data.map(({ id }) => id);
    expect(await namesFor('anna')).toEqual(['small']);
    expect(await namesFor('ben')).toEqual(['small', 'mock']);
    expect((await get('/v1/models/small', sent('anna'))).statusCode).toBe(200);
    expect((await get('/v1/models/mock', sent('anna'))).statusCode).toBe(403);
  });

  it('may name its file with the extension', async () => {
    const { post } = await server(key('anna', ['mock']));
    const answer = await post('/v1/chat/completions', chat('hi', { model: 'mock.gguf', max_tokens: 2 }), sent('anna'));
    expect(answer.statusCode).toBe(200);
  });
});

describe('a key that may use some models of upstream servers', () => {
  it("is refused the others, and never gets an upstream's own choice", async () => {
    const upstream = await UpstreamServer.start({ models: ['large', 'small'] });
    onTestFinished(() => upstream.stop());
    const relay = await testRelay([upstream.url], {
      times: usualTimes,
      access: { keys: [key('anna', ['small'])], anonymous: null, classReserves: new Map() },
    });
    const ask = (body: object): Promise<Response> => relay.post({ ...chat('hi'), ...body }, { headers: sent('anna') });
    expect((await ask({ model: 'large' })).status).toBe(403);
    expect((await ask({ model: 'small' })).status).toBe(200);
    expect((await ask({})).status).toBe(200);
    expect(upstream.requests.map(({ body }) => body)).toEqual([
      expect.stringContaining('"model":"small"'),
      expect.stringContaining('"model":"small"'),
    ]);
    const list = await fetch(`${relay.url}/v1/models`, { headers: sent('anna') });
    expect(await list.json()).toMatchObject({ data: [{ id: 'small' }] });
  });

  it('is told of none of the others if none of its own is there', async () => {
    const upstream = await UpstreamServer.start({ models: ['large', 'small'] });
    onTestFinished(() => upstream.stop());
    const relay = await testRelay([upstream.url], {
      times: usualTimes,
      access: { keys: [key('anna', ['tiny'])], anonymous: null, classReserves: new Map() },
    });
    const answers = await Promise.all([
      relay.post({ ...chat('hi'), model: 'tiny' }, { headers: sent('anna') }),
      fetch(`${relay.url}/v1/models/tiny`, { headers: sent('anna') }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(await answer.text()).not.toMatch(/large|small|loaded/);
    }
  });
});
