import { describe, expect, it, onTestFinished } from 'vitest';
import { serverDefaults } from '../../support/app.js';
import { bearer, type ListedModels, modelKey } from '../../support/model-keys.js';
import { type RelayServer, testRelay } from '../../support/relay-server.js';
import { UpstreamServer } from '../../support/upstream-server.js';

async function relayWith(aliases: readonly string[], ...allowed: readonly string[]): Promise<RelayServer> {
  const upstream = await UpstreamServer.start({ models: ['large', 'small'] });
  onTestFinished(() => upstream.stop());
  const keys = [modelKey('free'), modelKey('held', allowed)];
  return await testRelay([upstream.url], {
    server: { ...serverDefaults, aliases },
    access: { keys, anonymous: null, classReserves: new Map() },
  });
}

describe('the models of upstream servers', () => {
  it("have Anthropic's shape for Anthropic's clients", async () => {
    const { url } = await relayWith([]);
    const get = async (path: string): Promise<unknown> =>
      (await fetch(url + path, { headers: { ...bearer('free'), 'anthropic-version': '2023-06-01' } })).json();
    const small = {
      type: 'model',
      id: 'small',
      display_name: 'small',
      created_at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    };
    expect(await get('/v1/models/small')).toEqual(small);
    expect(await get('/v1/models')).toEqual({
      data: [{ ...small, id: 'large', display_name: 'large' }, small],
      has_more: false,
      first_id: 'large',
      last_id: 'small',
    });
  });

  it('are listed and described by the aliases of the first one as well', async () => {
    const { url } = await relayWith(['gpt', 'small', '*'], 'gpt');
    const get = (name: string, path: string): Promise<Response> => fetch(url + path, { headers: bearer(name) });
    const listFor = async (name: string): Promise<readonly string[]> =>
      ((await (await get(name, '/v1/models')).json()) as ListedModels).data.map(({ id }) => id);
    expect(await listFor('free')).toEqual(['large', 'gpt', 'small']);
    expect(await listFor('held')).toEqual(['gpt']);
    expect(await (await get('held', '/v1/models/gpt')).json()).toMatchObject({ id: 'gpt', object: 'model' });
    expect((await get('held', '/v1/models/large')).status).toBe(403);
    expect(await (await get('free', '/v1/models/anything')).json()).toMatchObject({ id: 'anything' });
  });

  it('are known by their aliases to the error of a key', async () => {
    const { url } = await relayWith(['gpt'], 'gpt', 'gone');
    const refused = await fetch(`${url}/v1/models/gone`, { headers: bearer('held') });
    expect(refused.status).toBe(404);
    expect(await refused.text()).toContain('Ask for \\"gpt\\"');
  });

  it('may still come from an upstream that has never answered', async () => {
    const upstream = await UpstreamServer.start();
    await upstream.stop();
    const { url } = await testRelay([upstream.url]);
    const answer = await fetch(`${url}/v1/models/model`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
  });
});
