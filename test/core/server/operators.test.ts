import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { type TestApp, testApp, until } from '../../support/app.js';
import { watchEvents } from '../../support/stream-client.js';

const lan = '192.0.2.1';

const key = (name: string, role: KeySettings['role']): KeySettings => ({
  ...{ name, role, digest: digestOf(name) },
  ...{ trafficClass: 'standard', terms: usualTerms, rates: noRates },
});

async function firstEvent({ app }: TestApp, headers: Record<string, string> = {}): Promise<unknown> {
  const { body } = await watchEvents(app, '/v1/queue/events', headers);
  return JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? 'null');
}

describe('what is for administrators, on a server without keys', () => {
  const feedback = '/v1/feedback';
  it.each([
    ['PATCH', '/v1/queue', 200, { max_queue: 9 }],
    ['GET', feedback, 200],
    ['HEAD', feedback, 200],
    ['DELETE', `${feedback}/nothing`, 404],
  ] as const)('%s %s is for programs of this machine', async (method, url, status, payload?: object) => {
    const { app } = await testApp();
    const ask = (remoteAddress: string, host = 'localhost'): Promise<LightMyRequestResponse> =>
      app.inject({ method, url, remoteAddress, headers: { host }, ...(payload !== undefined && { payload }) });
    expect((await ask('127.0.0.1')).statusCode).toBe(status);
    // Somebody's name that was made to lead here.
    expect((await ask('127.0.0.1', 'evil.example.org')).statusCode).toBe(403);
    const refused = await ask(lan);
    expect(refused.statusCode).toBe(403);
    if (method === 'HEAD') return;
    const error = { code: 'forbidden', message: expect.stringContaining('--api-key') as string };
    expect(refused.json<unknown>()).toMatchObject({ error });
  });

  it.each([
    ['X-Forwarded-For', '192.0.2.1'],
    ['Forwarded', 'for=192.0.2.1'],
    ['X-Real-IP', '192.0.2.1'],
    ['Via', '1.1 proxy'],
  ])('is not for those for whom a proxy on this machine asks: %s', async (name, value) => {
    const { app } = await testApp();
    const change = {
      method: 'PATCH',
      url: '/v1/queue',
      payload: { max_queue: 9 },
      remoteAddress: '127.0.0.1',
    } as const;
    const headers = { host: '127.0.0.1:8000', [name]: value };
    expect((await app.inject({ ...change, headers })).statusCode).toBe(403);
  });

  it.each(['/v1/queue', '/v1/usage', '/v1/models', '/metrics'])('does not include GET %s', async (url) => {
    const { app } = await testApp();
    expect((await app.inject({ url, remoteAddress: lan })).statusCode).toBe(200);
  });

  it('depends on the role alone as soon as there are keys', async () => {
    const { app } = await testApp({ keys: [key('boss', 'admin')] });
    const headers = { authorization: 'Bearer boss' };
    const changed = app.inject({
      ...{ method: 'PATCH', url: '/v1/queue', payload: { max_queue: 9 }, remoteAddress: lan, headers },
    });
    expect((await changed).statusCode).toBe(200);
  });
});

describe('who may change the limits', () => {
  it.each([
    ['boss', true],
    ['olga', false],
    ['anna', false],
  ])('is told so: %s %s', async (name, mayTurn) => {
    const made = await testApp({ keys: [key('boss', 'admin'), key('olga', 'observer'), key('anna', 'user')] });
    const headers = { authorization: `Bearer ${name}` };
    expect((await made.get('/v1/queue', headers)).json<unknown>()).toMatchObject({ may_turn: mayTurn });
    expect(await firstEvent(made, headers)).toMatchObject({ type: 'snapshot', may_turn: mayTurn });
  });

  it('is told so on a server without keys', async () => {
    const made = await testApp();
    expect((await made.get('/v1/queue')).json<unknown>()).toMatchObject({ may_turn: true });
    const remote = await made.app.inject({ url: '/v1/queue', remoteAddress: lan });
    expect(remote.json<unknown>()).toMatchObject({ may_turn: false });
  });
});

describe('the id of a response that runs, with which it can be read', () => {
  const whole = /^resp_[\da-f]{48}$/;
  const beginning = /^resp_[\da-f]{12}$/;

  async function running(
    options: Parameters<typeof testApp>[0] = {},
    headers: Record<string, string> = {},
  ): Promise<TestApp> {
    const made = await testApp({ engine: { reply: 'long', tokenMs: 1000 }, ...options });
    void made.ask('/v1/responses', { input: 'secret', max_output_tokens: 100 }, headers);
    await until(() => made.inference.running === 1, 'it to run');
    return made;
  }

  const listed = (id: RegExp): object => ({ running: [{ id: expect.stringMatching(id) as string }] });

  it('is shown to programs of this machine only, on a server without keys', async () => {
    const made = await running();
    expect((await made.get('/v1/queue')).json<unknown>()).toMatchObject(listed(whole));
    expect(await firstEvent(made)).toMatchObject(listed(whole));
    const remote = await made.app.inject({ url: '/v1/queue', remoteAddress: lan });
    expect(remote.json<unknown>()).toMatchObject(listed(beginning));
    expect(await firstEvent(made, { host: 'evil.example.org' })).toMatchObject(listed(beginning));
  });

  it('is shown to its own client and to administrators', async () => {
    const keys = [key('boss', 'admin'), key('olga', 'observer'), key('anna', 'user')];
    const made = await running({ keys }, { authorization: 'Bearer anna' });
    for (const [name, id] of Object.entries({ boss: whole, olga: beginning, anna: whole })) {
      const headers = { authorization: `Bearer ${name}` };
      expect((await made.get('/v1/queue', headers)).json<unknown>()).toMatchObject(listed(id));
      expect(await firstEvent(made, headers)).toMatchObject(listed(id));
    }
  });
});
