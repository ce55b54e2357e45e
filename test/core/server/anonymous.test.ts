import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../src/core/config/key-settings.js';
import { noKey, usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, testApp, type TestAppOptions, until } from '../../support/app.js';

const plain = { trafficClass: 'standard', role: 'user', terms: usualTerms, rates: noRates } as const;

function anonymous(more: Partial<KeySettings> = {}): KeySettings {
  return { name: noKey, digest: Buffer.alloc(0), ...plain, ...more };
}

/** A key whose name is also its secret. */
function key(name: string, more: Partial<KeySettings> = {}): KeySettings {
  return { name, digest: digestOf(name), ...plain, ...more };
}

interface Sent {
  readonly from?: string;
  readonly forwarded?: string;
  readonly key?: string;
  readonly body?: object;
}

interface Server extends TestApp {
  /** Sends a chat from an address; time stands still. */
  readonly send: (sent: Sent) => Promise<LightMyRequestResponse>;
  readonly look: (url: string, sent: Sent) => Promise<LightMyRequestResponse>;
}

async function server(settings: KeySettings, options: TestAppOptions = {}): Promise<Server> {
  const terms = new Map([[noKey, settings.terms]]);
  const fair = { policy: 'fair', classPatienceMs: 60_000, terms } as const;
  const made = await testApp({
    keys: [key('anna'), key('boss', { role: 'admin' })],
    ...{ anonymous: settings, engine: { reply: 'long' } },
    ...options,
    queue: { maxConcurrency: 2, fair, ...options.queue },
  });
  const headersOf = ({ forwarded, key: secret }: Sent): Record<string, string> => ({
    ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }),
    ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
  });
  return {
    ...made,
    send: (sent) =>
      made.app.inject({
        ...{ method: 'POST', url: '/v1/chat/completions', remoteAddress: sent.from ?? '192.0.2.1' },
        headers: headersOf(sent),
        payload: chat('hi', { max_tokens: 400, ...sent.body }),
      }),
    look: (url, sent) =>
      made.app.inject({ method: 'GET', url, remoteAddress: sent.from ?? '192.0.2.1', headers: headersOf(sent) }),
  };
}

/** Sends requests that run or wait when this resolves. */
async function join({ send, inference }: Server, ...all: readonly Sent[]): Promise<void> {
  for (const sent of all) {
    const before = inference.running + inference.waiting;
    void send(sent);
    await until(() => inference.running + inference.waiting > before);
  }
}

interface Queue {
  readonly running: readonly { readonly key: string }[];
  readonly waiting: readonly { readonly key: string; readonly waits_for: string }[];
}

describe('requests without a key', () => {
  it('may do what their role says, and a wrong key is still refused', async () => {
    const { send, look } = await server(anonymous({ models: ['mock'] }));
    expect((await look('/v1/models', {})).statusCode).toBe(200);
    expect((await look('/metrics', {})).statusCode).toBe(403);
    expect((await look('/v1/models', { key: 'wrong' })).statusCode).toBe(401);
    expect((await send({ body: { model: 'other' } })).statusCode).toBe(403);
  });

  it('may have the placeholder that clients send which cannot send no key', async () => {
    const { look } = await server(anonymous());
    expect((await look('/v1/models', { key: 'anonymous' })).statusCode).toBe(200);
  });

  it('are not administrators on a server that has no keys', async () => {
    const { look } = await server(anonymous(), { keys: [] });
    expect((await look('/metrics', {})).statusCode).toBe(403);
  });
});

describe('the limits of requests without a key', () => {
  it('are those of each address', async () => {
    const made = await server(anonymous({ terms: { ...usualTerms, maxRunning: 1 } }));
    await join(made, { from: '192.0.2.1' }, { from: '192.0.2.1' }, { from: '192.0.2.2' });
    const { running, waiting } = (await made.look('/v1/queue', { key: 'boss' })).json<Queue>();
    expect(running).toHaveLength(2);
    expect(waiting).toMatchObject([{ key: 'anonymous', waits_for: 'key' }]);
  });

  it('are shared by the addresses of one IPv6 network', async () => {
    const made = await server(anonymous({ terms: { ...usualTerms, maxRunning: 1 } }));
    await join(made, { from: '2001:db8::1' }, { from: '2001:db8::2' }, { from: '2001:db8:0:1::1' });
    expect(made.inference.running).toBe(2);
    expect(made.inference.waiting).toBe(1);
  });

  it('over time are those of each address, too', async () => {
    const { send, flyUntil } = await server(anonymous({ rates: { ...noRates, requestsPerMinute: 1 } }));
    const statusFrom = async (from: string): Promise<number> =>
      (await flyUntil(send({ from, body: { max_tokens: 2 } }))).statusCode;
    expect(await statusFrom('192.0.2.1')).toBe(200);
    expect(await statusFrom('192.0.2.1')).toBe(429);
    expect(await statusFrom('192.0.2.2')).toBe(200);
  });

  it('hold tokens to each address', async () => {
    const { send, flyUntil } = await server(anonymous({ rates: { ...noRates, tokensPerDay: 10 } }));
    const statusFrom = async (from: string): Promise<number> =>
      (await flyUntil(send({ from, body: { max_tokens: 30 } }))).statusCode;
    expect(await statusFrom('192.0.2.1')).toBe(200);
    expect(await statusFrom('192.0.2.1')).toBe(429);
    expect(await statusFrom('192.0.2.2')).toBe(200);
  });
});

describe('the address of a request', () => {
  const limited = anonymous({ terms: { ...usualTerms, maxRunning: 1 } });

  it('is that of the connection, whatever X-Forwarded-For says', async () => {
    const made = await server(limited);
    await join(made, { forwarded: '203.0.113.1' }, { forwarded: '203.0.113.2' });
    expect(made.inference.running).toBe(1);
  });

  it('is what a trusted proxy says, and nothing that the client has added', async () => {
    const made = await server(limited, { server: { trustedProxies: ['192.0.2.0/24', '2001:db8::1'] } });
    await join(made, { forwarded: '203.0.113.1' }, { forwarded: '203.0.113.2' });
    expect(made.inference.running).toBe(2);
    await join(made, { forwarded: '198.51.100.9, 203.0.113.1' });
    expect(made.inference.waiting).toBe(1);
  });

  it('is in neither log nor metrics nor /v1/queue, where each sees its own requests only', async () => {
    const made = await server(anonymous());
    await join(made, { from: '198.51.100.77' }, { from: '198.51.100.78' });
    const own = await made.look('/v1/queue', { from: '198.51.100.77' });
    expect(own.json<Queue>().running).toHaveLength(1);
    await made.clock.advanceAsync(10_000);
    const texts = [own.body, JSON.stringify(made.log)];
    for (const url of ['/metrics', '/v1/queue', '/v1/usage']) texts.push((await made.look(url, { key: 'boss' })).body);
    expect(texts.join('')).not.toContain('198.51.100');
    expect(texts.join('')).toContain('key="anonymous"');
  });
});
