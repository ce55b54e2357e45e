import { describe, expect, it } from 'vitest';
import { digestOf, noRates } from '../../../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, testApp, until } from '../../../../support/app.js';

interface History {
  readonly samples: readonly Readonly<Record<string, unknown>>[];
}

async function samplesOf({ get }: TestApp): Promise<History['samples']> {
  return (await get('/v1/history')).json<History>().samples;
}

describe('GET /v1/history', () => {
  it('is empty at first', async () => {
    const { get } = await testApp();
    expect((await get('/v1/history')).json<unknown>()).toEqual({ object: 'history', interval_s: 5, samples: [] });
  });

  it('says what happened in each five seconds', async () => {
    const made = await testApp();
    await made.post('/v1/chat/completions', chat('hi', { max_tokens: 10 }));
    await made.clock.advanceAsync(10_000);
    const [first, second] = await samplesOf(made);
    expect(first).toEqual({
      at_ms: expect.any(Number) as number,
      ...{ running: 0, waiting: 0, completed: 1, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
      ...{ prompt_tokens: 21, cached_tokens: 0, output_tokens: 10 },
      ttft_ms: { p50: expect.closeTo(20, 0) as number, p95: expect.closeTo(20, 0) as number },
      queue_wait_ms: { p50: expect.closeTo(0, 1) as number, p95: expect.closeTo(0, 1) as number },
      inter_token_ms: { p50: expect.closeTo(10, 0) as number, p95: expect.any(Number) as number },
      ...{ engine_restarts: 0, cpu: 0.5, memory_bytes: 400_000_000, gpu: null },
    });
    expect(second).toMatchObject({ completed: 0, output_tokens: 0, ttft_ms: null, inter_token_ms: null });
  });

  it('counts tokens when they are generated, and requests while they run', async () => {
    const made = await testApp({ engine: { reply: 'long', tokenMs: 100 } });
    void made.ask('/v1/chat/completions', chat('hi', { max_tokens: 120 }));
    await until(() => made.inference.running === 1);
    await made.clock.advanceAsync(15_000);
    const samples = await samplesOf(made);
    expect(samples.map(({ running, completed }) => [running, completed])).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    const tokens = samples.map(({ output_tokens }) => Number(output_tokens));
    expect(tokens[0]).toBeGreaterThan(45);
    expect(tokens.reduce((sum, count) => sum + count, 0)).toBe(120);
  });

  it('goes back a quarter of an hour', async () => {
    const made = await testApp();
    await made.clock.advanceAsync(20 * 60_000);
    expect(await samplesOf(made)).toHaveLength(180);
  });
});

describe('GET /v1/resources', () => {
  it('says what is used of the machine', async () => {
    const { get } = await testApp();
    expect((await get('/v1/resources')).json<unknown>()).toEqual({
      object: 'resources',
      cpu: { cores: 4, used: 0.5, process: 0.25 },
      memory: { total_bytes: 8_000_000_000, used_bytes: 3_000_000_000, process_bytes: 400_000_000 },
      gpus: [{ name: 'Test GPU', used: null, memory_used_bytes: 1_000_000, memory_total_bytes: 2_000_000 }],
    });
  });

  it.each(['/v1/resources', '/v1/history'])('is for observers, as is %s', async (url) => {
    const plain = { trafficClass: 'standard', terms: usualTerms, rates: noRates } as const;
    const keys = (['user', 'observer'] as const).map((role) => ({
      name: role,
      role,
      digest: digestOf(role),
      ...plain,
    }));
    const { get } = await testApp({ keys });
    expect((await get(url, { authorization: 'Bearer user' })).statusCode).toBe(403);
    expect((await get(url, { authorization: 'Bearer observer' })).statusCode).toBe(200);
  });
});
