import { expect, it, onTestFinished } from 'vitest';
import { items, member } from '../../../src/core/base/json.js';
import { testRelay } from '../../support/relay-server.js';
import { until } from '../../support/until.js';
import { UpstreamServer } from '../../support/upstream-server.js';

const silent = { type: 'silence' } as const;

async function chatstream(): Promise<UpstreamServer> {
  const server = await UpstreamServer.start({ models: ['a', 'b'], manner: silent, placesByModel: { a: 2, b: 3 } });
  onTestFinished(() => server.stop());
  return server;
}

/** How many of these requests reach the server at once. */
async function sent(settings: string, asked: readonly string[]): Promise<{ readonly a: number; readonly b: number }> {
  const server = await chatstream();
  const relay = await testRelay([server.url + settings]);
  const left = new AbortController();
  const answers = asked.map((model) =>
    relay.post({ model, stream: true, messages: [] }, { signal: left.signal }).catch(() => null),
  );
  await until(async () => {
    const queue = await relay.get('/v1/queue');
    return items(member(queue, 'running')).length + items(member(queue, 'waiting')).length === asked.length;
  }, 'all requests');
  // What has a place is on its way.
  await until(() => server.requests.length === relay.upstreams[0]?.running, 'those that are sent');
  const bodies = server.requests.map(({ body }) => body);
  left.abort();
  await Promise.all(answers);
  const count = (model: string): number => bodies.filter((body) => body.includes(`"model":"${model}"`)).length;
  return { a: count('a'), b: count('b') };
}

it('sends a chatstream server as many requests for each model as it says that it runs at once', async () => {
  expect(await sent('', ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b'])).toEqual({ a: 2, b: 3 });
});

it('sends it as many as an operator says, for whichever model', async () => {
  expect(await sent(',slots=3', ['a', 'a', 'a', 'a'])).toEqual({ a: 3, b: 0 });
});
