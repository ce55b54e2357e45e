import { connect } from 'node:net';
import { assert, describe, expect, it, onTestFinished } from 'vitest';
import { items, member } from '../../../src/core/base/json.js';
import { digestOf, noRates } from '../../../src/core/config/key-settings.js';
import { isUsable } from '../../../src/core/executor/executor.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { impatientTimes, readStream, testRelay } from '../../support/relay-server.js';
import { until } from '../../support/until.js';
import {
  answerTo,
  type UpstreamManner,
  UpstreamServer,
  type UpstreamServerOptions,
} from '../../support/upstream-server.js';

async function upstream(options: UpstreamServerOptions = {}): Promise<UpstreamServer> {
  const server = await UpstreamServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}

/** How much longer than on an idle machine something may take here. */
const slackMs = 2000;

const streamed = { model: 'model', user: 'word', stream: true, messages: [] };

describe('a server in front of others', () => {
  it('passes a request on as it came, but for its key, and says who answered', async () => {
    const server = await upstream();
    const relay = await testRelay([`${server.url},name=gpu1,key=env:KEY`], {}, { KEY: 'theirs' });
    const body = '{ "model":"model", "user":"word" ,"seed": 12345678901234567890, "messages":[ ] }';
    const response = await relay.post(body, { headers: { authorization: 'Bearer ours', 'openai-project': 'p' } });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: answerTo('word', 5) } }] });
    expect(response.headers.get('x-chatstream-executor')).toBe('gpu1');
    const [request] = server.requests;
    expect(request).toMatchObject({ path: '/v1/chat/completions', body });
    expect(request?.headers).toMatchObject({ authorization: 'Bearer theirs', 'openai-project': 'p' });
    expect(request?.headers['accept-encoding']).toBe('identity');
  });

  it('copies a stream byte by byte', async () => {
    const server = await upstream();
    const relay = await testRelay([server.url]);
    const response = await relay.post(streamed);
    const direct = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(streamed) });
    expect(await response.text()).toBe(await direct.text());
    expect(response.headers.get('content-type')).toMatch('text/event-stream');
  });

  it('maps the names of models', async () => {
    const server = await upstream({ models: ['big', 'small'] });
    const relay = await testRelay([`${server.url},model=chat=small`]);
    expect(await relay.get('/v1/models')).toMatchObject({ data: [{ id: 'chat' }] });
    await relay.post({ model: 'chat', messages: [] });
    expect(server.requests[0]?.body).toBe('{"model":"small","messages":[]}');
    expect((await relay.post({ model: 'big', messages: [] })).status).toBe(404);
    // Some servers insist on a name.
    await relay.post({ messages: [] });
    expect(server.requests[1]?.body).toBe('{"model":"small","messages":[]}');
  });

  it('keeps what only it understands to itself', async () => {
    const server = await upstream();
    const relay = await testRelay([server.url]);
    const options = { include_queue: true, include_usage: true };
    await (await relay.post({ ...streamed, priority: 'batch', stream_options: options })).text();
    expect(server.requests[0]?.body).toBe(JSON.stringify({ ...streamed, stream_options: { include_usage: true } }));
  });

  it('sends one at a time to a server that does not say how many it takes', async () => {
    const server = await upstream({ manner: { type: 'answer', tokens: 3, tokenMs: 5 } });
    const relay = await testRelay([server.url]);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => relay.post(streamed).then((each) => each.text())),
    );
    expect(answers.map((answer) => readStream(answer).text)).toEqual(answers.map(() => answerTo('word', 3)));
    expect(server.mostInFlight).toBe(1);
  });

  it('asks llama-server for its slots, and shows waiting clients their places', async () => {
    const server = await upstream({ slots: 2, manner: { type: 'silence' } });
    const relay = await testRelay([`${server.url},name=gpu1`]);
    expect(relay.upstreams[0]).toMatchObject({ kind: 'llama-server', places: 2 });
    const body = { ...streamed, stream_options: { include_queue: true } };
    const running = [relay.post(body), relay.post(body)];
    await until(() => server.inFlight === 2, 'both places to be taken');
    // Its answer begins with its place.
    const waiting = await relay.post(body);
    server.manner = { type: 'answer', tokens: 5, tokenMs: 0 };
    server.endSilence();
    const answers = await Promise.all([...running, waiting].map(async (response) => (await response).text()));
    expect(answers.map((answer) => readStream(answer).text)).toEqual(answers.map(() => answerTo('word', 5)));
    expect(server.mostInFlight).toBe(2);
    expect(answers.map((answer) => answer.startsWith(': queued position=1'))).toEqual([false, false, true]);
    expect(answers[2]).toContain(': executor gpu1\n');
  });

  it('counts each of several choices as a place of its upstream', async () => {
    const server = await upstream({ manner: { type: 'silence' } });
    const relay = await testRelay([`${server.url},slots=4`]);
    const running = relay.post({ ...streamed, n: 3 });
    await until(() => server.inFlight === 1, 'the request');
    expect(await relay.get('/v1/queue')).toMatchObject({
      executors: [{ places: 4, running: 3 }],
      running: [{ places: 3 }],
    });
    server.manner = { type: 'answer', tokens: 5, tokenMs: 0 };
    server.endSilence();
    await (await running).text();
    await until(() => relay.totals.completed === 1, 'its end');
    expect(await relay.get('/v1/queue')).toMatchObject({ executors: [{ running: 0 }] });
  });

  it.each<[string, UpstreamManner]>([
    ['breaks the connection', { type: 'break', afterTokens: 0, manner: 'reset' }],
    ['ends without a token', { type: 'break', afterTokens: 0, manner: 'end' }],
    ['reports an error in its stream', { type: 'break', afterTokens: 0, manner: 'error' }],
    ['answers with a web page', { type: 'nonsense', contentType: 'text/html' }],
    ['answers with what is not JSON', { type: 'nonsense', contentType: 'application/json' }],
    ['has an internal error', { type: 'status', status: 500 }],
    ['is busy', { type: 'status', status: 503, headers: { 'retry-after': '30' } }],
    ['refuses the key', { type: 'status', status: 401 }],
    ['has no credit', { type: 'status', status: 402 }],
    ['was too slow for itself', { type: 'status', status: 408 }],
    ['redirects', { type: 'status', status: 302, headers: { location: '/' } }],
    ['answers without a body', { type: 'status', status: 204 }],
    ['answers that it will do it later', { type: 'status', status: 202 }],
  ])('sends a request to another upstream, unseen, if one %s before the first token', async (_what, manner) => {
    const broken = await upstream({ manner });
    const sound = await upstream();
    // The larger one is asked first.
    const relay = await testRelay([`${broken.url},slots=9`, `${sound.url},slots=1,name=sound`]);
    const response = await relay.post(streamed);
    expect(response.headers.get('x-chatstream-executor')).toBe('sound');
    expect(readStream(await response.text())).toEqual({ text: answerTo('word', 5), error: null });
    expect(broken.requests).toHaveLength(1);
  });

  it('sends it elsewhere if an upstream has died or says nothing any more', async () => {
    const dead = await upstream();
    const silent = await upstream({ manner: { type: 'silence' } });
    const sound = await upstream();
    const upstreams = [`${dead.url},slots=9`, `${silent.url},slots=5`, `${sound.url},slots=1,name=sound`];
    const relay = await testRelay(upstreams, { times: impatientTimes });
    await until(() => relay.upstreams.every(isUsable), 'all upstreams to be well');
    await dead.stop();
    silent.isProbed = false;
    const response = await relay.post(streamed);
    expect(response.headers.get('x-chatstream-executor')).toBe('sound');
    expect(readStream(await response.text()).text).toBe(answerTo('word', 5));
    // The given up request has been cancelled.
    await until(() => silent.inFlight === 0, 'the end of the silent request');
  });

  it('uses an upstream again that comes back', async () => {
    const server = await upstream();
    const relay = await testRelay([server.url]);
    await server.stop();
    const answer = relay.post(streamed).then((response) => response.text());
    await until(() => relay.upstreams[0]?.status === 'down', 'its death to be noticed');
    await server.listen();
    expect(readStream(await answer).text).toBe(answerTo('word', 5));
  });

  it.each(['reset', 'end'] as const)('says how far it came if an upstream fails later: %s', async (manner) => {
    const broken = await upstream({ manner: { type: 'break', afterTokens: 2, manner } });
    const relay = await testRelay([broken.url]);
    const answer = await (await relay.post(streamed)).text();
    expect(readStream(answer)).toEqual({ text: answerTo('word', 2), error: 'upstream_failed' });
    expect(answer).toMatch(/data: \[DONE\]\n\n$/);
    expect(await relay.get('/v1/queue')).toMatchObject({ running: [], totals: { failed: 1 } });
  });

  it('passes on what a client did wrong', async () => {
    const server = await upstream({ manner: { type: 'status', status: 400 } });
    const relay = await testRelay([server.url, (await upstream()).url]);
    const response = await relay.post(streamed);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { message: 'as told', code: 400 } });
    expect(relay.totals).toMatchObject({ refused: 1, failed: 0 });
  });

  it('passes on an error if there is no other upstream, and a long rest as well', async () => {
    const server = await upstream({ manner: { type: 'status', status: 500 } });
    const relay = await testRelay([server.url]);
    expect((await relay.post(streamed)).status).toBe(500);
    server.manner = { type: 'status', status: 429, headers: { 'retry-after': '30' } };
    const response = await relay.post(streamed);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30']);
    expect(relay.upstreams[0]?.status).toBe('cooling');
  });

  it('passes on that a request has waited too long in the line of an upstream, which is not to blame', async () => {
    const headers = { 'retry-after': '30' };
    const server = await upstream({ manner: { type: 'status', status: 503, headers, code: 'queue_timeout' } });
    const other = await upstream();
    const relay = await testRelay([`${server.url},name=full,slots=9`, other.url]);
    const response = await relay.post(streamed);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await response.json()).toMatchObject({ error: { code: 'queue_timeout' } });
    expect(await relay.get('/v1/queue')).toMatchObject({
      ...{ running: [], waiting: [], totals: { timed_out: 1, failed: 0 } },
      executors: [{ name: 'full', status: 'ready', running: 0 }, {}],
    });
    expect(other.requests).toEqual([]);
  });

  it('tells the upstream when a client leaves, and gives the place to the next', async () => {
    const server = await upstream({ manner: { type: 'silence' } });
    const relay = await testRelay([server.url]);
    const client = new AbortController();
    const left = relay.post(streamed, { signal: client.signal });
    await until(() => server.inFlight === 1, 'the request');
    server.manner = { type: 'answer', tokens: 5, tokenMs: 0 };
    const next = relay.post(streamed);
    client.abort();
    await expect(left).rejects.toThrow();
    expect(readStream(await (await next).text()).text).toBe(answerTo('word', 5));
    await until(() => server.inFlight === 0, 'the upstream to hear of it');
    expect(relay.totals).toMatchObject({ cancelled: 1, completed: 1 });
  });

  it('closes the connection to the upstream within 100 ms when its client leaves', async () => {
    const server = await upstream({ manner: { type: 'silence' } });
    const relay = await testRelay([server.url]);
    const client = new AbortController();
    const left = expect(relay.post(streamed, { signal: client.signal })).rejects.toThrow();
    await until(() => server.inFlight === 1, 'the request');
    client.abort();
    // A busy machine may take some time to come to it; a cancel that comes with the next probe is never that fast.
    await until(() => server.inFlight === 0, 'the upstream to hear of it', 100 + slackMs);
    await left;
  });

  it('sends a conversation to the upstream that has its beginning, as long as that has a place', async () => {
    const one = await upstream({ manner: { type: 'silence' } });
    const two = await upstream();
    const relay = await testRelay([`${one.url},name=one,slots=2`, `${two.url},name=two,slots=2`]);
    const turn = (...messages: readonly string[]): object => ({
      ...{ stream: true, user: 'word', model: 'model' },
      messages: messages.map((content) => ({ role: 'user', content })),
    });
    const executorOf = async (body: object): Promise<string | null> => {
      const response = await relay.post(body);
      await response.text();
      return response.headers.get('x-chatstream-executor');
    };
    const first = 'a'.repeat(3000);
    // The first one is taken where both are free.
    const other = relay.post(streamed);
    await until(() => one.inFlight === 1, 'a request at the first');
    expect(await executorOf(turn(first))).toBe('two');
    one.manner = { type: 'answer', tokens: 5, tokenMs: 0 };
    one.endSilence();
    await (await other).text();
    await until(() => relay.upstreams.every(({ running }) => running === 0), 'both to be free');
    expect(await executorOf(turn('b'.repeat(3000)))).toBe('one');
    expect(await executorOf(turn(first, 'answer', 'next'))).toBe('two');
  });

  it('does not let a client that reads nothing hold the place of its generation', async () => {
    const server = await upstream({ manner: { type: 'answer', tokens: 40_000, tokenMs: 0 } });
    const relay = await testRelay([server.url]);
    const body = JSON.stringify({ ...streamed, user: 'x'.repeat(200) });
    const { port } = new URL(relay.url);
    const socket = connect(Number(port), '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.pause();
    const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json';
    socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await until(() => server.requests.length === 1 && server.inFlight === 0, 'the end of the generation');
    await until(() => relay.totals.completed === 1, 'its place to be free');
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.resume();
    await until(() => received.includes('[DONE]'), 'the whole answer');
    expect(received.match(/-39999ü/g)).toHaveLength(1);
  });

  it('drains an upstream', async () => {
    const [one, two] = [await upstream(), await upstream()];
    const relay = await testRelay([`${one.url},name=one,slots=9`, `${two.url},name=two`]);
    const change = (drain: boolean): Promise<Response> =>
      fetch(`${relay.url}/v1/upstreams/one`, {
        ...{ method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ drain }) },
      });
    expect(await (await change(true)).json()).toMatchObject({ name: 'one', status: 'draining' });
    expect((await relay.post(streamed)).headers.get('x-chatstream-executor')).toBe('two');
    const metrics = await (await fetch(`${relay.url}/metrics`)).text();
    expect(metrics).toContain('chatstream_executor_healthy{executor="one"} 0');
    expect(metrics).toContain('chatstream_executor_places{executor="two"} 1');
    await change(false);
    expect((await relay.post(streamed)).headers.get('x-chatstream-executor')).toBe('one');
    const unknown = await fetch(`${relay.url}/v1/upstreams/three`, {
      ...{ method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"drain":true}' },
    });
    expect(unknown.status).toBe(404);
  });

  it('is not shutting down while its only upstream is drained', async () => {
    const server = await upstream();
    let drains = 0;
    const host = { drain: () => (drains += 1), startLoad: () => assert.fail() };
    const relay = await testRelay([`${server.url},name=one`], { host });
    const send = (method: string, path: string, body: object): Promise<Response> =>
      fetch(relay.url + path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    await send('PATCH', '/v1/upstreams/one', { drain: true });
    expect(await relay.get('/readyz')).toEqual({ status: 'not ready', reason: 'draining' });
    expect(await relay.get('/v1/queue')).toMatchObject({ draining: false });
    expect((await send('POST', '/v1/queue/drain', {})).status).toBe(202);
    expect(drains).toBe(1);
  });

  it('counts tokens for keys, and holds them to their limits', async () => {
    const server = await upstream();
    const digest = digestOf('secret');
    const rates = { ...noRates, requestsPerMinute: 1 };
    const key = { name: 'anna', digest, trafficClass: 'standard', role: 'user', terms: usualTerms, rates } as const;
    const relay = await testRelay([server.url], { access: { keys: [key], anonymous: null, classReserves: new Map() } });
    expect((await relay.post(streamed)).status).toBe(401);
    const headers = { authorization: 'Bearer secret' };
    // It would never pass.
    expect((await relay.post({ user: 'word', n: 2 }, { headers })).status).toBe(400);
    const response = await relay.post({ user: 'word' }, { headers });
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1');
    expect((await relay.post({ user: 'word' }, { headers })).status).toBe(429);
    const queue = await fetch(`${relay.url}/v1/queue`, { headers });
    expect(await queue.json()).toMatchObject({ tokens: { prompt: 3, output: 5 } });
    const usage = await fetch(`${relay.url}/v1/usage`, { headers });
    const models = [{ model: 'model', requests: { completed: 1, refused: 1 }, tokens: { prompt: 3, output: 5 } }];
    expect(await usage.json()).toMatchObject({ data: [{ key: 'anna', models, hours: [{ models }] }] });
  });

  it('shows what a request has cost so far', async () => {
    const server = await upstream({ manner: { type: 'answer', tokens: 10_000, tokenMs: 5 } });
    const relay = await testRelay([server.url]);
    const client = new AbortController();
    const left = [relay.post(streamed, { signal: client.signal }), relay.post(streamed, { signal: client.signal })];
    const costs = async (): Promise<unknown> => {
      const queue = await relay.get('/v1/queue');
      const [running] = items(member(queue, 'running'));
      const [waiting] = items(member(queue, 'waiting'));
      const [prompt, output] = ['prompt_tokens', 'output_tokens'].map((name) => Number(member(running, name)));
      if (prompt === undefined || output === undefined || !(output >= 3) || waiting === undefined) return false;
      expect(prompt).toBeGreaterThan(0);
      expect(member(running, 'cost')).toBe(prompt + 2 * output);
      expect(waiting).toMatchObject({ cost: 0 });
      return true;
    };
    await until(costs, 'some tokens');
    client.abort();
    await Promise.allSettled(left);
  });

  it('refuses at once what nobody could answer for a while', async () => {
    const relay = await testRelay(['http://127.0.0.1:9,name=none']);
    const response = await relay.post({ model: 'model', messages: [] });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'engine_unavailable' } });
    expect((await fetch(`${relay.url}/readyz`)).status).toBe(503);
  });
});
