import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Prepared } from '../../../src/core/engine/engine.js';
import { chat, createTestApp, type TestApp, testApp, until } from '../../support/app.js';
import { ScriptedEngine } from '../../support/scripted-engine.js';
import { openStream } from '../../support/stream-client.js';

const path = '/v1/chat/completions';

/** Every sample by its name and labels, as Prometheus would read them. */
async function samples({ get }: TestApp): Promise<ReadonlyMap<string, number>> {
  const { body } = await get('/metrics');
  const read = new Map<string, number>();
  for (const line of body.split('\n')) {
    const [, name, value] = /^([^#\s]+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) read.set(name, Number(value));
  }
  return read;
}

/** `name type` of everything that is described. */
async function described({ get }: TestApp): Promise<string[]> {
  const { body } = await get('/metrics');
  return [...body.matchAll(/^# TYPE (.+)$/gm)].map(([, description]) => description ?? '');
}

/** Two requests at the same moment, one place: the second waits 40 ms. Three tokens each. */
async function twoInARow(): Promise<TestApp> {
  const made = await createTestApp({ engine: { reply: 'long' }, queue: { maxConcurrency: 1, maxQueue: 9 } });
  const { ask, inference, flyUntil } = made;
  const first = ask(path, chat('hi', { max_tokens: 3 }));
  await until(() => inference.running === 1);
  const second = ask(path, chat('hi', { max_tokens: 3 }));
  await until(() => inference.waiting === 1);
  await flyUntil(Promise.all([first, second]));
  return made;
}

describe('metrics', () => {
  let knownRun: TestApp;

  beforeAll(async () => {
    knownRun = await twoInARow();
  });

  afterAll(() => knownRun.close());

  it('have the documented names and types', async () => {
    const ours = (await described(await testApp())).filter((line) => line.startsWith('chatstream_'));
    expect(ours.toSorted()).toEqual([
      'chatstream_batch_size histogram',
      'chatstream_cached_tokens_total counter',
      'chatstream_deadline_requests_total counter',
      'chatstream_e2e_request_latency_seconds histogram',
      'chatstream_engine_restarts_total counter',
      'chatstream_executor_healthy gauge',
      'chatstream_executor_places gauge',
      'chatstream_executor_running gauge',
      'chatstream_http_connections gauge',
      'chatstream_http_connections_closed_total counter',
      'chatstream_key_cached_tokens_total counter',
      'chatstream_key_output_tokens_total counter',
      'chatstream_key_prompt_tokens_total counter',
      'chatstream_key_queue_seconds_total counter',
      'chatstream_key_requests_total counter',
      'chatstream_max_concurrency gauge',
      'chatstream_max_http_connections gauge',
      'chatstream_max_queue gauge',
      'chatstream_output_tokens_total counter',
      'chatstream_preemptions_total counter',
      'chatstream_prefill_chunk_tokens gauge',
      'chatstream_prefill_seconds histogram',
      'chatstream_prompt_cache_busy_seconds_total counter',
      'chatstream_prompt_cache_bytes gauge',
      'chatstream_prompt_cache_entries gauge',
      'chatstream_prompt_cache_evictions_total counter',
      'chatstream_prompt_cache_hits_total counter',
      'chatstream_prompt_cache_misses_total counter',
      'chatstream_prompt_cache_tokens_total counter',
      'chatstream_prompt_tokens_total counter',
      'chatstream_queue_wait_seconds histogram',
      'chatstream_queued_tokens gauge',
      'chatstream_requests_preparing gauge',
      'chatstream_requests_running gauge',
      'chatstream_requests_total counter',
      'chatstream_requests_waiting gauge',
      'chatstream_round_seconds histogram',
      'chatstream_time_per_output_token_seconds histogram',
      'chatstream_time_to_first_token_seconds histogram',
      'chatstream_ttft_target_refusals_total counter',
    ]);
  });

  it('include those of the process', async () => {
    const names = await described(await testApp());
    expect(names).toContain('process_cpu_seconds_total counter');
    expect(names).toContain('process_resident_memory_bytes gauge');
    expect(names).toContain('nodejs_eventloop_lag_p99_seconds gauge');
  });

  it('show every outcome from the start, at zero', async () => {
    const read = await samples(await testApp());
    const outcomes = [...read].filter(([name]) => name.startsWith('chatstream_requests_total'));
    expect(Object.fromEntries(outcomes)).toEqual({
      'chatstream_requests_total{outcome="completed"}': 0,
      'chatstream_requests_total{outcome="cancelled"}': 0,
      'chatstream_requests_total{outcome="refused"}': 0,
      'chatstream_requests_total{outcome="timed_out"}': 0,
      'chatstream_requests_total{outcome="failed"}': 0,
    });
  });

  it('show both queues and their limits as they are', async () => {
    const made = await testApp({ queue: { maxConcurrency: 1, maxQueue: 9 } });
    for (const [running, waiting] of [
      [1, 0],
      [1, 1],
      [1, 2],
    ]) {
      void made.ask(path, chat('hi'));
      await until(() => made.inference.running === running && made.inference.waiting === waiting);
    }
    const read = await samples(made);
    expect(read.get('chatstream_requests_running')).toBe(1);
    expect(read.get('chatstream_requests_waiting')).toBe(2);
    expect(read.get('chatstream_max_concurrency')).toBe(1);
    expect(read.get('chatstream_max_queue')).toBe(9);
  });

  it('show requests that are being prepared', async () => {
    const made = await testApp();
    let answer: (tokens: readonly number[]) => void = () => undefined;
    const held = new Promise<readonly number[]>((resolve) => (answer = resolve));
    const prepared = held.then((prompt): Prepared => ({ prompt, format: { type: 'text' }, isThinking: false }));
    vi.spyOn(made.engine, 'prepare').mockReturnValue(prepared);
    vi.spyOn(made.engine, 'tokenize').mockReturnValue(held);
    const requests = [made.ask(path, chat('hi')), made.ask('/tokenize', { content: 'hi' })];
    await until(() => made.inference.preparing === 2);
    expect((await samples(made)).get('chatstream_requests_preparing')).toBe(2);
    answer([1, 2]);
    await made.flyUntil(Promise.all(requests));
    expect((await samples(made)).get('chatstream_requests_preparing')).toBe(0);
  });

  it('follow a change of the limits', async () => {
    const made = await testApp();
    await made.app.inject({ method: 'PATCH', url: '/v1/queue', payload: { max_concurrency: 2, max_queue: 3 } });
    const read = await samples(made);
    expect(read.get('chatstream_max_concurrency')).toBe(2);
    expect(read.get('chatstream_max_queue')).toBe(3);
  });

  it.each([
    ['chatstream_queue_wait_seconds', 0.04, 2],
    ['chatstream_prefill_seconds', 0.04, 2],
    ['chatstream_time_to_first_token_seconds', 0.08, 2],
    ['chatstream_time_per_output_token_seconds', 0.02, 2],
    ['chatstream_e2e_request_latency_seconds', 0.12, 2],
    ['chatstream_round_seconds', 0.08, 6],
    ['chatstream_batch_size', 6, 6],
  ])('%s sums up to %d in %d of a known run', async (name, sum, count) => {
    const read = await samples(knownRun);
    expect(read.get(`${name}_sum`)).toBeCloseTo(sum, 9);
    expect(read.get(`${name}_count`)).toBe(count);
  });

  it('put times into buckets by seconds', async () => {
    const read = await samples(knownRun);
    const waits = ['0.025', '0.05', '+Inf'].map((le) => read.get(`chatstream_queue_wait_seconds_bucket{le="${le}"}`));
    expect(waits).toEqual([1, 2, 2]);
  });

  it('count tokens and completions', async () => {
    const read = await samples(knownRun);
    expect(read.get('chatstream_prompt_tokens_total')).toBe(42);
    expect(read.get('chatstream_cached_tokens_total')).toBe(0);
    expect(read.get('chatstream_output_tokens_total')).toBe(6);
    expect(read.get('chatstream_requests_total{outcome="completed"}')).toBe(2);
  });

  it('count how many generations share a round', async () => {
    const made = await testApp({ engine: { reply: 'long' } });
    const answering = [1, 2, 3].map(() => made.ask(path, chat('hi', { max_tokens: 2 })));
    await until(() => made.inference.running === 3);
    await made.flyUntil(Promise.all(answering));
    const read = await samples(made);
    expect(read.get('chatstream_batch_size_sum')).toBe(6);
    expect(read.get('chatstream_batch_size_count')).toBe(2);
  });

  it('count cached prompt tokens', async () => {
    const engine = new ScriptedEngine();
    const made = await testApp({ makeEngine: () => engine });
    const answering = made.ask(path, chat('hi'));
    await until(() => made.inference.running === 1);
    engine.begin(2);
    engine.end('text');
    await answering;
    const read = await samples(made);
    expect(read.get('chatstream_prompt_tokens_total')).toBe(3);
    expect(read.get('chatstream_cached_tokens_total')).toBe(2);
  });

  it('have no time per output token for an answer of one token', async () => {
    const made = await testApp();
    await made.post(path, chat('hi', { max_tokens: 1 }));
    expect((await samples(made)).get('chatstream_time_per_output_token_seconds_count')).toBe(0);
  });

  it('count a request that was refused, and no tokens for it', async () => {
    const made = await testApp({ queue: { maxConcurrency: 1, maxQueue: 0 } });
    void made.ask(path, chat('hi'));
    await until(() => made.inference.running === 1);
    await made.ask(path, chat('hi'));
    const read = await samples(made);
    expect(read.get('chatstream_requests_total{outcome="refused"}')).toBe(1);
    expect(read.get('chatstream_prompt_tokens_total')).toBe(0);
  });

  it('count clients that left, waiting or running, as cancelled, with what was generated for them', async () => {
    const made = await testApp({ engine: { reply: 'long' }, queue: { maxConcurrency: 1 } });
    const running = await openStream(made.app, chat('hi'));
    await until(() => made.inference.running === 1);
    const waiting = await openStream(made.app, chat('hi'));
    await until(() => made.inference.waiting === 1);
    await made.clock.advanceAsync(30);
    waiting.leave();
    await until(() => made.inference.waiting === 0);
    running.leave();
    await until(() => made.inference.running === 0);
    const read = await samples(made);
    expect(read.get('chatstream_requests_total{outcome="cancelled"}')).toBe(2);
    expect(read.get('chatstream_output_tokens_total')).toBe(2);
    expect(read.get('chatstream_e2e_request_latency_seconds_count')).toBe(0);
  });

  it('do not count what never reached the queue', async () => {
    const made = await testApp();
    await made.ask(path, chat('hi', { temperature: -1 }));
    await made.ask(path, chat('hi', { model: 'other' }));
    const read = await samples(made);
    expect(read.get('chatstream_requests_total{outcome="refused"}')).toBe(0);
    expect(read.get('chatstream_requests_total{outcome="failed"}')).toBe(0);
  });

  it('count restarts of the engine', async () => {
    const engine = new ScriptedEngine();
    const made = await testApp({ makeEngine: () => engine });
    engine.restart(1);
    engine.restart(2);
    expect((await samples(made)).get('chatstream_engine_restarts_total')).toBe(2);
  });

  it('count the restart of an engine after the supervisor had given up', async () => {
    const engine = new ScriptedEngine();
    const made = await testApp({ makeEngine: () => engine });
    engine.become({ status: 'failed', reason: 'It crashed.' });
    expect((await samples(made)).get('chatstream_engine_restarts_total')).toBe(0);
    await engine.start();
    expect((await samples(made)).get('chatstream_engine_restarts_total')).toBe(1);
  });
});
