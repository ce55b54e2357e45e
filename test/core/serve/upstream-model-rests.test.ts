import { expect, it, onTestFinished } from 'vitest';
import { readStream, testRelay } from '../../support/relay-server.js';
import { until } from '../../support/until.js';
import { answerTo, type UpstreamManner, UpstreamServer } from '../../support/upstream-server.js';

const busyFor = (seconds: number): UpstreamManner => ({
  ...{ type: 'status', status: 429, headers: { 'retry-after': String(seconds) } },
});

/** Refused with such a code, perhaps by a server behind the upstream. */
const refusal = (code: string, executor?: string): UpstreamManner => ({
  ...{ type: 'status', status: 429, code },
  headers: { 'retry-after': '30', ...(executor !== undefined && { 'x-chatstream-executor': executor }) },
});

async function upstream(models: readonly string[]): Promise<UpstreamServer> {
  const server = await UpstreamServer.start({ models });
  onTestFinished(() => server.stop());
  return server;
}

const asking = (model: string): object => ({ model, user: 'word', stream: true, messages: [] });

it('lets only the model rest that its upstream is too busy for, and asks for it again after that', async () => {
  const server = await upstream(['a', 'b']);
  server.manners.set('a', busyFor(0.5));
  const relay = await testRelay([`${server.url},name=gpu1`]);
  const waiting = relay.post(asking('a')).then((response) => response.text());
  await until(() => relay.upstreams[0]?.resting.length === 1, 'the rest');
  // The only place of the upstream is free for the other model.
  expect(readStream(await (await relay.post(asking('b'))).text()).text).toBe(answerTo('word', 5));
  server.manners.delete('a');
  expect(readStream(await waiting).text).toBe(answerTo('word', 5));
  expect(relay.upstreams[0]).toMatchObject({ status: 'ready', resting: [] });
  expect(relay.totals).toMatchObject({ completed: 2, failed: 0 });
});

it.each([429, 503])('stays ready, and says which of its models rests, after a %d', async (status) => {
  const server = await upstream(['a', 'b']);
  server.manners.set('a', { type: 'status', status, headers: { 'retry-after': '30' } });
  const relay = await testRelay([`${server.url},name=gpu1`]);
  const response = await relay.post(asking('a'));
  expect([response.status, response.headers.get('retry-after')]).toEqual([status, '30']);
  const gpu1 = { name: 'gpu1', status: 'ready', running: 0 };
  expect(await relay.get('/v1/upstreams')).toMatchObject({ data: [{ ...gpu1, resting: ['a'] }] });
  expect(await relay.get('/v1/queue')).toMatchObject({ executors: [gpu1] });
  const metrics = await (await fetch(`${relay.url}/metrics`)).text();
  expect(metrics).toContain('chatstream_executor_healthy{executor="gpu1"} 1');
  expect((await relay.post(asking('b'))).status).toBe(200);
  // The server does not hear of a request for the model that rests.
  const left = new AbortController();
  const waiting = relay.post(asking('a'), { signal: left.signal });
  await until(async () => JSON.stringify(await relay.get('/v1/queue')).includes('"waits_for"'), 'it to wait');
  left.abort();
  await expect(waiting).rejects.toThrow();
  expect(server.requests).toHaveLength(2);
});

it('is cooling when each of its models rests, and when it has only one', async () => {
  const [several, single] = [await upstream(['a', 'b']), await upstream(['c'])];
  for (const [server, model] of [
    [several, 'a'],
    [several, 'b'],
    [single, 'c'],
  ] as const) {
    server.manners.set(model, busyFor(30));
  }
  const relay = await testRelay([several.url, single.url]);
  await relay.post(asking('a'));
  expect(relay.upstreams.map(({ status }) => status)).toEqual(['ready', 'ready']);
  await relay.post(asking('b'));
  await relay.post(asking('c'));
  expect(relay.upstreams.map(({ status }) => status)).toEqual(['cooling', 'cooling']);
});

/** Which models of an upstream rest that has two and has refused a request for the first of them. */
async function restingAfter(manner: UpstreamManner, isChatstream: boolean): Promise<readonly string[]> {
  const [first, second] = ['a', 'b'] as const;
  const places = { placesByModel: { [first]: 2, [second]: 2 } };
  const server = await UpstreamServer.start({ models: [first, second], ...(isChatstream && places) });
  onTestFinished(() => server.stop());
  server.manners.set(first, manner);
  const relay = await testRelay([server.url]);
  expect((await relay.post(asking(first))).status).toBe(429);
  return relay.upstreams[0]?.resting ?? [];
}

it.each(['quota_exceeded', 'too_many_connections'])(
  'lets a chatstream server rest with all of its models that refuses with %s, which is about none of them',
  async (code) => {
    expect(await restingAfter(refusal(code), true)).toEqual(['a', 'b']);
  },
);

it('lets only one model rest where a refusal may be about that one alone', async () => {
  // The line of this model is full, or as many requests of the key wait in it as may.
  expect(await restingAfter(refusal('queue_full'), true)).toEqual(['a']);
  expect(await restingAfter(refusal('rate_limited'), true)).toEqual(['a']);
  // The quota is that of one of the servers behind it.
  expect(await restingAfter(refusal('quota_exceeded', 'gpu7'), true)).toEqual(['a']);
  // Other servers may mean anything by that.
  expect(await restingAfter(refusal('quota_exceeded'), false)).toEqual(['a']);
});
