import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/base/clock.js';
import { createMockEngine } from '../../../src/core/engine/mock/mock-engine.js';
import { chat, createTestApp, engineDefaults, type TestApp } from '../../support/app.js';
import { type CutPlan, CuttingProxy } from '../../support/cutting-proxy.js';
import { inProcess } from '../../support/in-process.js';
import { type RelayServer, startRelay } from '../../support/relay-server.js';

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];
const words = 'one two three, and four is ü 日本 five! six seven eight nine ten';

const requests: readonly (readonly [string, string, object])[] = [
  ['a chat', '/v1/chat/completions', { ...chat(words), stream_options: { include_usage: true } }],
  ['a text', '/v1/completions', { prompt: words, echo: true }],
  ['calls of tools', '/v1/chat/completions', chat('get_weather {"city":"Oslo or Rome"}', { tools })],
  [
    'an answer that ends at a stop string',
    '/v1/chat/completions',
    { ...chat(words), stop: ['six seven nine', 'nine'] },
  ],
];

/** What may differ between two answers to the same request. */
function masked(stream: string): string {
  return stream
    .replaceAll(/"(id)":"(chatcmpl|cmpl|call)[-_][^"]*"/g, '"$1":"$2"')
    .replaceAll(/"created":\d+/g, '"created":0')
    .replaceAll(/"timings":\{[^}]*\}/g, '"timings":{}');
}

describe('an answer of a chatstream upstream that breaks off', () => {
  const plan: CutPlan = { next: [] };
  const apps: TestApp[] = [];
  const proxies: CuttingProxy[] = [];
  let relay: RelayServer;

  beforeAll(async () => {
    for (let count = 0; count < 2; count += 1) {
      const options = { ...engineDefaults, prefillMs: 0, tokenMs: 1, reply: 'echo' } as const;
      const app = await createTestApp({ makeEngine: () => inProcess(createMockEngine(options, systemClock)) });
      apps.push(app);
      proxies.push(await CuttingProxy.before(await app.app.listen({ host: '127.0.0.1', port: 0 }), plan));
    }
    relay = await startRelay(proxies.map(({ url }) => url));
  });
  afterAll(async () => {
    await relay.drain(0);
    for (const proxy of proxies) await proxy.stop();
    for (const app of apps) await app.close();
  });

  async function streamed(base: string, path: string, body: object): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(base + path, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...body, stream: true }),
    });
    expect(response.headers.get('x-chatstream-resume')).toBeNull();
    return await response.text();
  }

  it.each(requests)('goes on elsewhere without a seam, wherever it was cut: %s', async (_what, path, body) => {
    const expected = masked(await streamed(proxies[0]?.url ?? '', path, body));
    expect(expected).toMatch(/data: \[DONE\]\n\n$/);
    for (let tenth = 0; tenth <= 10; tenth += 1) {
      // Later, what was resumed is cut once more.
      plan.next.push(Math.round((expected.length * tenth) / 10), ...(tenth > 7 ? [expected.length / 4] : []));
      const answer = await streamed(relay.url, path, body);
      expect(plan.next).toEqual([]);
      expect(masked(answer)).toBe(expected);
      expect(new Set(answer.match(/"id":"(chatcmpl|cmpl)-[^"]*"/g)).size).toBe(1);
    }
  });
});
