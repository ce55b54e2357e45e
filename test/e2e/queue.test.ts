import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AnswerStream, streamChat } from '../support/answer-stream.js';
import { queueOf, resizeQueue, untilQueued } from '../support/queue-view.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const apiKey = 'secret';
/** Runs until its client leaves. */
const endless = { max_tokens: 1_000_000 };
const brief = { max_tokens: 3 };

async function metricsOf(url: string): Promise<(name: string) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return (name) => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? NaN);
  };
}

describe('the queue over HTTP', () => {
  let server: ServerProcess;
  let leaving = new AbortController();

  beforeAll(async () => {
    const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '5ms', '--mock-token', '5ms'];
    server = await startServer([...engine, '--context', '2000000', '--slots', '3', '-n', '1', '--max-queue', '2']);
  });

  afterEach(async () => {
    leaving.abort();
    leaving = new AbortController();
    await resizeQueue(server.url, { max_concurrency: 1, max_queue: 2 });
    await untilQueued(server.url, 0, 0);
  });

  function ask(parameters: object = endless): AnswerStream {
    return streamChat(server.url, 'Count.', parameters, leaving.signal);
  }

  /** One runs, the others wait, in this order. */
  async function fill(...others: object[]): Promise<{ running: AnswerStream; waiting: AnswerStream[] }> {
    const running = ask();
    await untilQueued(server.url, 1, 0);
    const waiting: AnswerStream[] = [];
    for (const parameters of others) {
      waiting.push(ask(parameters));
      await untilQueued(server.url, 1, waiting.length);
    }
    return { running, waiting };
  }

  it('shows which requests run and which wait, in order', async () => {
    await fill(endless, endless);
    const { running, waiting, ...rest } = await queueOf(server.url);
    expect(rest).toMatchObject({ max_concurrency: 1, max_queue: 2, slots: 3, draining: false });
    expect(running).toHaveLength(1);
    expect(waiting.map(({ position }) => position)).toEqual([1, 2]);
    expect(waiting[0]?.waited_ms).toBeGreaterThanOrEqual(waiting[1]?.waited_ms ?? Infinity);
  });

  it('refuses beyond --max-queue at once, with a Retry-After and a message that says what to do', async () => {
    await fill(endless, endless);
    const refused = await ask().ended;
    expect(refused).toMatchObject({ status: 429, error: { code: 'queue_full', type: 'rate_limit_error' } });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(refused.error?.message).toContain(`Try again in ${seconds} s`);
    expect(refused.error?.message).toContain('2 of 2');
    expect(await queueOf(server.url)).toMatchObject({ running: [{}], waiting: [{}, {}] });
  });

  it('tells positions in comments, down to the beginning of the text', async () => {
    const include = { stream_options: { include_queue: true } };
    const runner = new AbortController();
    streamChat(server.url, 'Count.', endless, runner.signal);
    await untilQueued(server.url, 1, 0);
    const next = ask({ ...brief, ...include });
    await until(() => next.comments.length > 0, 'the first comment');
    const last = ask({ ...brief, ...include });
    await until(() => last.comments.length > 0, 'the second comment');
    expect(last.text).toBe('');

    runner.abort();
    await Promise.all([next.ended, last.ended]);
    expect(next).toMatchObject({ status: 200, text: '1 2 3', positions: [1], isComplete: true });
    expect(last).toMatchObject({ status: 200, text: '1 2 3', positions: [2, 1], isComplete: true });
    expect(last.comments.at(-1)).toMatch(/^queued position=1 eta_ms=\d+$/);
  });

  it('sends no comments to clients that did not ask', async () => {
    const runner = new AbortController();
    streamChat(server.url, 'Count.', endless, runner.signal);
    await untilQueued(server.url, 1, 0);
    const next = ask(brief);
    await untilQueued(server.url, 1, 1);
    expect(next.status).toBeNull();
    runner.abort();
    expect(await next.ended).toMatchObject({ isComplete: true });
    // Only that they still wait, every ten seconds, if this process takes its time.
    expect(next.comments).toHaveLength(Math.floor((next.timings?.queue_ms ?? NaN) / 10_000));
  });

  it('starts waiters at once when max_concurrency is raised, and never interrupts when it is lowered', async () => {
    await fill(endless, endless);
    const raised = await resizeQueue(server.url, { max_concurrency: 3 });
    expect(raised).toMatchObject({ max_concurrency: 3, running: [{}, {}, {}], waiting: [] });
    const slots = await until(async () => {
      const { running } = await queueOf(server.url);
      return running.every(({ slot }) => slot !== null) && running.map(({ slot }) => slot);
    }, 'all slots to be given');
    expect(new Set(slots)).toEqual(new Set([0, 1, 2]));

    const lowered = await resizeQueue(server.url, { max_concurrency: 1, max_queue: 0 });
    expect(lowered).toMatchObject({ max_concurrency: 1, max_queue: 0, running: [{}, {}, {}] });
    expect(await ask().ended).toMatchObject({ status: 429 });
  });

  it.each([
    [{ max_concurrency: 4 }, 'max_concurrency'],
    [{ max_concurrency: 0 }, 'max_concurrency'],
    [{ max_queue: -1 }, 'max_queue'],
    [{ max_queue: '5' }, 'max_queue'],
  ])('refuses to change to %j', async (limits, param) => {
    const response = await fetch(`${server.url}/v1/queue`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(limits),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param } });
    expect(await queueOf(server.url)).toMatchObject({ max_concurrency: 1, max_queue: 2 });
  });

  it('lets a waiter leave at once; those behind it move up', async () => {
    const leaver = new AbortController();
    await fill();
    streamChat(server.url, 'Count.', endless, leaver.signal);
    const [second] = (await untilQueued(server.url, 1, 1)).waiting;
    ask();
    const [, third] = (await untilQueued(server.url, 1, 2)).waiting;
    leaver.abort();
    expect((await untilQueued(server.url, 1, 1)).waiting).toMatchObject([{ id: third?.id, position: 1 }]);
    expect(second?.id).not.toBe(third?.id);
  });

  it('moves its totals and metrics', async () => {
    const before = { queue: await queueOf(server.url), metric: await metricsOf(server.url) };
    expect(await ask(brief).ended).toMatchObject({ isComplete: true });
    await fill(endless, endless);
    expect(await ask().ended).toMatchObject({ status: 429 });
    const during = await metricsOf(server.url);
    expect(during('chatstream_requests_running')).toBe(1);
    expect(during('chatstream_requests_waiting')).toBe(2);
    expect(during('chatstream_max_concurrency')).toBe(1);
    expect(during('chatstream_max_queue')).toBe(2);
    leaving.abort();
    const after = { queue: await untilQueued(server.url, 0, 0), metric: await metricsOf(server.url) };

    const { completed, cancelled, refused } = before.queue.totals;
    expect(after.queue.totals).toMatchObject({
      completed: completed + 1,
      cancelled: cancelled + 3,
      refused: refused + 1,
    });
    for (const outcome of ['completed', 'cancelled', 'refused', 'timed_out', 'failed'] as const) {
      expect(after.metric(`chatstream_requests_total{outcome="${outcome}"}`)).toBe(after.queue.totals[outcome]);
    }
    for (const histogram of ['queue_wait_seconds', 'time_to_first_token_seconds', 'e2e_request_latency_seconds']) {
      const name = `chatstream_${histogram}_count`;
      expect(after.metric(name)).toBeGreaterThan(before.metric(name));
    }
    const tokens = 'chatstream_output_tokens_total';
    expect(after.metric(tokens)).toBeGreaterThanOrEqual(before.metric(tokens) + 3);
    expect(after.metric('chatstream_batch_size_sum')).toBeGreaterThan(before.metric('chatstream_batch_size_sum'));
  });
});

describe('a server with a key, no queue and little patience', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    const queue = ['--max-queue', '0', '--queue-timeout', '500ms', '--max-concurrency', '1'];
    server = await startServer(['--engine', 'mock', '--mock-reply', 'long', '--api-key', apiKey, ...queue]);
  });

  const authorization = `Bearer ${apiKey}`;

  function post(parameters: object, signal?: AbortSignal): Promise<Response> {
    return fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Count.' }], stream: true, ...parameters }),
      ...(signal !== undefined && { signal }),
    });
  }

  /**
   * Takes the one slot until it leaves. It keeps reading, because an answer that is not read may be garbage-collected.
   */
  async function occupy(leaving: AbortSignal): Promise<void> {
    const runner = await post({ max_tokens: 4000 }, leaving);
    expect(runner.status).toBe(200);
    runner.text().catch(() => undefined);
  }

  it.each(['/livez', '/readyz', '/health'])('shows its health without a key: %s', async (path) => {
    expect((await fetch(server.url + path)).status).toBe(200);
  });

  it.each(['/v1/queue', '/v1/models', '/metrics', '/openapi.json', '/nothing'])(
    'shows nothing else without a key: %s',
    async (path) => {
      const response = await fetch(server.url + path);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
    },
  );

  it('refuses at once when no request may wait, and serves again afterwards', async () => {
    const leaving = new AbortController();
    await occupy(leaving.signal);
    const refused = await post({ max_tokens: 1 });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { code: 'queue_full' } });
    leaving.abort();
    const served = await until(async () => {
      const response = await post({ max_tokens: 1 });
      return response.status === 200 && response.text();
    }, 'the freed slot');
    expect(served).toContain('data: [DONE]');
  });

  it('refuses with a 503 a request that has waited longer than --queue-timeout', async () => {
    const headers = { authorization, 'content-type': 'application/json' };
    const patch = { method: 'PATCH', headers, body: JSON.stringify({ max_queue: 1 }) };
    expect((await fetch(`${server.url}/v1/queue`, patch)).status).toBe(200);
    const leaving = new AbortController();
    await occupy(leaving.signal);

    const late = await post({ max_tokens: 1 });
    expect(late.status).toBe(503);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await late.json()).toMatchObject({ error: { code: 'queue_timeout', type: 'service_unavailable_error' } });

    const announced = await post({ max_tokens: 1, stream_options: { include_queue: true } });
    expect(announced.status).toBe(200);
    const text = await announced.text();
    expect(text).toMatch(/^: queued position=1/);
    expect(text).toMatch(/data: {"error":{[^\n]*"code":"queue_timeout"}}\n\ndata: \[DONE\]\n\n$/);
    leaving.abort();
    expect(await queueOf(server.url, headers)).toMatchObject({ totals: { timed_out: 2 } });
  });
});
