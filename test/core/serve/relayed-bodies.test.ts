import { expect, it, onTestFinished } from 'vitest';
import { testRelay } from '../../support/relay-server.js';
import { UpstreamServer } from '../../support/upstream-server.js';

const counted = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join();

it.each([
  ['is nested too deeply', `"x":${'['.repeat(2000)}${']'.repeat(2000)}`],
  ['has too many objects and lists', `"x":[${counted(300_000, () => '[]')}]`],
  ['has too many different names of members', counted(60_000, (index) => `"k${index}":1`)],
])('a body that %s is refused before it is passed on', async (problem, members) => {
  const upstream = await UpstreamServer.start();
  onTestFinished(() => upstream.stop());
  const relay = await testRelay([upstream.url]);
  const refused = await relay.post(`{"messages":[],${members}}`);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    error: { code: 'invalid_request', message: expect.stringContaining(`The request body ${problem}.`) as string },
  });
  expect(upstream.requests).toEqual([]);
});

it('a body is passed on without its byte order mark', async () => {
  const upstream = await UpstreamServer.start();
  onTestFinished(() => upstream.stop());
  const relay = await testRelay([upstream.url]);
  expect((await relay.post('\uFEFF{"messages":[]}')).status).toBe(200);
  expect(upstream.requests.map(({ body }) => body)).toEqual(['{"model":"model","messages":[]}']);
});

it('a body that is not JSON is refused without being repeated, because errors are logged', async () => {
  const upstream = await UpstreamServer.start();
  onTestFinished(() => upstream.stop());
  const relay = await testRelay([upstream.url]);
  const refused = await relay.post('{"messages":secret}');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    error: { message: "The body is not valid JSON: unexpected token 's'. Send one JSON object." },
  });
});
