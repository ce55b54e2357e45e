import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf, noRates } from '../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { testRelay } from '../../support/relay-server.js';
import { UpstreamServer } from '../../support/upstream-server.js';

const key = { trafficClass: 'standard', role: 'user', terms: usualTerms, rates: noRates } as const;
const keys = [
  { ...key, name: 'held', digest: digestOf('held'), models: ['a'] },
  { ...key, name: 'free', digest: digestOf('free') },
];

describe.each([false, true])('an upstream that does not have the model any more, stream: %s', (stream) => {
  async function answersTo(said: object): Promise<Record<'free' | 'held', Response>> {
    const manner = { type: 'status', status: 404, ...said } as const;
    const upstream = await UpstreamServer.start({ models: ['a', 'secret'], manner });
    onTestFinished(() => upstream.stop());
    const relay = await testRelay([upstream.url], { access: { keys, anonymous: null, classReserves: new Map() } });
    const ask = (secret: string): Promise<Response> =>
      relay.post({ model: 'a', stream, messages: [] }, { headers: { authorization: `Bearer ${secret}` } });
    return { free: await ask('free'), held: await ask('held') };
  }

  it.each([
    ['in words', { message: 'No model a. Ask for secret.' }],
    ['in a code alone', { message: 'Ask for secret.', code: 'model_not_found' }],
    ['in a 400, as in the Responses API', { status: 400, message: 'Ask for secret.', code: 'model_not_found' }],
    ['in a 400 of a server like Mistral', { status: 400, message: 'Ask for secret.', code: 'invalid_model' }],
  ])('names no other model to a key that is held to some, %s', async (_, said) => {
    const { free, held } = await answersTo(said);
    expect(free.status).toBe('status' in said ? said.status : 404);
    expect(await free.text()).toContain(said.message);
    expect(held.status).toBe(404);
    const heard = await held.text();
    expect(heard).not.toContain('secret');
    expect(JSON.parse(heard)).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
  });

  it('names none in a 404 that does not speak of models either', async () => {
    const { free, held } = await answersTo({ message: 'No a. There is secret.' });
    expect(await free.text()).toContain('No a. There is secret.');
    expect(held.status).toBe(404);
    const heard = await held.text();
    expect(heard).not.toContain('secret');
    expect(JSON.parse(heard)).toMatchObject({ error: { code: 'not_found', param: null } });
  });

  it.each([
    { status: 400, message: 'The model reads text only.' },
    // As some gateways answer while none of their servers works: clients send it again.
    { status: 500, message: 'No channel is free.', code: 'model_not_found' },
  ])('is still heard about what else is wrong: $status', async (said) => {
    const { free, held } = await answersTo(said);
    for (const response of [free, held]) {
      expect(response.status).toBe(said.status);
      expect(await response.text()).toContain(said.message);
    }
  });
});

describe('an error event before the first token that says that there is no such model', () => {
  it('names no other model to a key that is held to some', async () => {
    const error = { message: 'No a. Ask for secret.', type: 'invalid_request_error', code: 'model_not_found' };
    const upstream = await UpstreamServer.start({
      models: ['a', 'secret'],
      manner: { type: 'report', afterTokens: 0, event: { error } },
    });
    onTestFinished(() => upstream.stop());
    const relay = await testRelay([upstream.url], { access: { keys, anonymous: null, classReserves: new Map() } });
    const ask = async (secret: string): Promise<string> => {
      const headers = { authorization: `Bearer ${secret}` };
      return await (await relay.post({ model: 'a', stream: true, messages: [] }, { headers })).text();
    };
    expect(await ask('free')).toContain('secret');
    expect(await ask('held')).not.toContain('secret');
  });
});
