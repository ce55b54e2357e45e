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
  it.each([
    [
      'a',
      404,
      'names no other model to a key that is held to some',
      { status: 404, message: 'No model a. Ask for secret.' },
    ],
    ['b', 404, 'is still heard about anything else', { status: 404, message: 'No such response.' }],
    ['c', 400, 'is still heard about what else is wrong', { status: 400, message: 'The model reads text only.' }],
  ])('%s: %i %s', async (name, status, _, said) => {
    const upstream = await UpstreamServer.start({ models: ['a', 'secret'], manner: { type: 'status', ...said } });
    onTestFinished(() => upstream.stop());
    const relay = await testRelay([upstream.url], { access: { keys, anonymous: null, classReserves: new Map() } });
    const ask = async (secret: string): Promise<string> => {
      const headers = { authorization: `Bearer ${secret}` };
      const response = await relay.post({ model: 'a', stream, messages: [] }, { headers });
      expect(response.status).toBe(status);
      return await response.text();
    };
    expect(await ask('free')).toContain(said.message);
    const heard = await ask('held');
    if (name === 'a') {
      expect(heard).not.toContain('secret');
      expect(JSON.parse(heard)).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
    } else expect(heard).toContain(said.message);
  });
});
