import { expect, it, onTestFinished } from 'vitest';
import { digestOf, noRates } from '../../../src/core/config/key-settings.js';
import { isUsable } from '../../../src/core/executor/executor.js';
import { restMs } from '../../../src/core/executor/upstream/exchange/failure.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { impatientTimes, readStream, testRelay } from '../../support/relay-server.js';
import { until } from '../../support/until.js';
import { answerTo, UpstreamServer, type UpstreamServerOptions } from '../../support/upstream-server.js';

async function upstream(options: UpstreamServerOptions = {}): Promise<UpstreamServer> {
  const server = await UpstreamServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}

const streamed = { model: 'model', user: 'word', stream: true, messages: [] };

it('lets what runs go on at an upstream that answers that it takes no more', async () => {
  const server = await upstream({ manner: { type: 'answer', tokens: 4, tokenMs: 600 } });
  const relay = await testRelay([server.url], { times: impatientTimes });
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be well');
  const answer = relay.post(streamed).then((response) => response.text());
  await until(() => server.inFlight === 1, 'the request');
  server.probeStatus = 503;
  await until(() => relay.upstreams[0]?.status === 'down', 'the upstream to take no more');
  expect(readStream(await answer)).toEqual({ text: answerTo('word', 4), error: null });
});

it('uses all places of an upstream as soon as one request shows that it is well again', async () => {
  const server = await upstream({ slots: 4, manner: { type: 'answer', tokens: 20, tokenMs: 50 } });
  const relay = await testRelay([server.url]);
  await server.stop();
  const answers = Array.from({ length: 4 }, () => relay.post(streamed).then((response) => response.text()));
  await until(() => relay.upstreams[0]?.status === 'down', 'its death to be noticed');
  await server.listen();
  await Promise.all(answers);
  expect(server.mostInFlight).toBe(4);
});

it('does not ask again and again where nobody wants to be left alone for long', async () => {
  const server = await upstream({ manner: { type: 'status', status: 429, headers: { 'retry-after': '0' } } });
  const relay = await testRelay([server.url], {
    queue: {
      ...{ maxQueue: 64, queueTimeoutMs: 800, maxQueuedTokens: null, ttftTargetMs: null, policy: 'fifo' },
      ...{ classPatienceMs: 60_000, preemptAfterMs: null },
    },
  });
  const response = await relay.post(streamed);
  expect(response.status).toBeGreaterThanOrEqual(429);
  expect(server.requests.length).toBeLessThan(12);
  expect(restMs('0')).toBe(250);
  expect(restMs('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(250);
});

it('counts an answer that its upstream ends with an error as failed, tells of it once, and sends no more after three', async () => {
  const server = await upstream({ manner: { type: 'break', afterTokens: 2, manner: 'error' } });
  const relay = await testRelay([server.url]);
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be well');
  const reasons: string[] = [];
  relay.upstreams[0]?.events((event) => {
    if (event.type === 'down') reasons.push(event.reason);
  });
  for (let time = 1; time <= 3; time += 1) {
    const answer = await (await relay.post(streamed)).text();
    expect(readStream(answer).text).toBe(answerTo('word', 2));
    expect(answer.match(/"error"/g)).toHaveLength(1);
    expect(answer).toMatch(/data: {"error":{"message":"no memory"}}\n\n$/);
    expect(relay.totals).toMatchObject({ completed: 0, failed: time });
  }
  expect(reasons).toEqual(['it reports an error: no memory']);
});

const tooLong = { message: 'the prompt is too long', type: 'BadRequestError', param: null, code: 400 };

it.each([
  ['as an error', '/v1/chat/completions', { error: tooLong }, { error: tooLong }],
  ['by its type only', '/v1/chat/completions', { error: { message: 'too long', type: 'invalid_request_error' } }, null],
  [
    'without an envelope',
    '/v1/completions',
    { object: 'error', ...tooLong },
    { error: { object: 'error', ...tooLong } },
  ],
  [
    'in a message',
    '/v1/messages',
    { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long' } },
    null,
  ],
])('blames a request whose error its upstream reports %s', async (_how, path, event, body) => {
  const server = await upstream({ manner: { type: 'report', afterTokens: 0, event } });
  const relay = await testRelay([server.url]);
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be well');
  for (let time = 1; time <= 4; time += 1) {
    const response = await relay.post({ ...streamed, max_tokens: 5 }, { path });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual(body ?? event);
  }
  expect(server.requests).toHaveLength(4);
  expect(relay.totals).toMatchObject({ failed: 0, refused: 4 });
  expect(relay.upstreams[0]?.status).toBe('ready');
});

it('does not hold against an upstream what a request has caused in the middle of its answer', async () => {
  const server = await upstream({ manner: { type: 'report', afterTokens: 2, event: { error: tooLong } } });
  const relay = await testRelay([server.url]);
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be well');
  for (let time = 1; time <= 4; time += 1) {
    const answer = await (await relay.post(streamed)).text();
    expect(answer).toContain(JSON.stringify(tooLong));
  }
  expect(server.requests).toHaveLength(4);
  expect(relay.totals).toMatchObject({ failed: 4 });
  expect(relay.upstreams[0]?.status).toBe('ready');
});

it.each([401, 429, 500, 503])('holds an error with the code %d against the upstream', async (code) => {
  const server = await upstream({
    manner: { type: 'report', afterTokens: 0, event: { error: { message: 'not now', type: 'BadRequestError', code } } },
  });
  const relay = await testRelay([server.url]);
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be well');
  const down = until(() => relay.upstreams[0]?.status === 'down', 'the upstream to be taken for broken');
  await relay.post(streamed);
  await down;
});

it('charges nothing for what an upstream refuses', async () => {
  const server = await upstream({ manner: { type: 'status', status: 400 } });
  const rates = { ...noRates, tokensPerDay: 1000 };
  const digest = digestOf('secret');
  const key = { name: 'anna', digest, trafficClass: 'standard', role: 'user', terms: usualTerms, rates } as const;
  const relay = await testRelay([server.url], { access: { keys: [key], anonymous: null, classReserves: new Map() } });
  const headers = { authorization: 'Bearer secret' };
  const body = { ...streamed, messages: [{ role: 'user', content: 'word '.repeat(2000) }] };
  for (let time = 0; time < 3; time += 1) expect((await relay.post(body, { headers })).status).toBe(400);
  const usage: unknown = await (await fetch(`${relay.url}/v1/usage`, { headers })).json();
  expect(usage).toMatchObject({ data: [{ key: 'anna', tokens: { prompt: 0 } }] });
});

it('waits until llama-server has loaded its model, and then uses all of its places', async () => {
  const server = await upstream({ slots: 3 });
  server.isLoading = true;
  const relay = await testRelay([server.url]);
  expect(relay.upstreams[0]).toMatchObject({ status: 'down', downReason: 'its /v1/queue answers 503' });
  server.isLoading = false;
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be loaded');
  expect(relay.upstreams[0]).toMatchObject({ kind: 'llama-server', places: 3 });
});

it('keeps the places of a llama-server that is restarted', async () => {
  const server = await upstream({ slots: 3 });
  const relay = await testRelay([server.url]);
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be well');
  server.isLoading = true;
  await until(() => relay.upstreams[0]?.status === 'down', 'the upstream to take no more');
  server.isLoading = false;
  await until(() => relay.upstreams.every(isUsable), 'the upstream to be loaded');
  expect(relay.upstreams[0]).toMatchObject({ kind: 'llama-server', places: 3 });
});
