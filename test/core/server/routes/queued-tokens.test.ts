import { describe, expect, it } from 'vitest';
import { testApp, until } from '../../../support/app.js';

/** The mock counts a token for each of them. */
const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');

describe('a limit of queued tokens', () => {
  it('refuses prompts that would exceed it, and takes any when none waits', async () => {
    const { ask, get, inference } = await testApp({
      engine: { reply: 'long' },
      queue: { maxConcurrency: 1, maxQueuedTokens: 60 },
    });
    const enter = async (prompt: string): Promise<void> => {
      const before = inference.running + inference.waiting;
      void ask('/v1/completions', { prompt, max_tokens: 400 });
      await until(() => inference.running + inference.waiting > before);
    };
    await enter(words(500));
    expect(inference.queuedTokens).toBe(0);
    await enter(words(70));
    const { queuedTokens } = inference;
    expect(queuedTokens).toBeGreaterThanOrEqual(70);
    const refused = await ask('/v1/completions', { prompt: 'hi' });
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ error: { code: 'queue_full' } });
    expect(refused.headers['retry-after']).toBeDefined();
    expect((await get('/metrics')).body).toContain(`chatstream_queued_tokens ${queuedTokens}`);
  });

  it('counts all prompts of a request together', async () => {
    const { ask, inference } = await testApp({
      engine: { reply: 'long' },
      queue: { maxConcurrency: 2, maxQueuedTokens: 300 },
    });
    void ask('/v1/completions', { prompt: [words(5), words(5)], max_tokens: 400 });
    await until(() => inference.running === 2);
    void ask('/v1/completions', { prompt: words(10), max_tokens: 400 });
    await until(() => inference.waiting === 1);
    expect((await ask('/v1/completions', { prompt: words(150), n: 2 })).statusCode).toBe(429);
    void ask('/v1/completions', { prompt: words(10), n: 2, max_tokens: 400 });
    await until(() => inference.waiting === 3);
    expect(inference.waiting).toBe(3);
  });
});
