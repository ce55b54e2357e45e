import { describe, expect, it } from 'vitest';
import { chat, testApp, until } from '../../../support/app.js';

describe('--ttft-target', () => {
  it('refuses at once what would wait for too long, and counts it', async () => {
    const { app, ask, post, get, inference } = await testApp({
      engine: { reply: 'long' },
      queue: { maxConcurrency: 2, ttftTargetMs: 500 },
    });
    const long = chat('hi', { max_tokens: 100 });
    await post('/v1/chat/completions', long);
    void ask('/v1/chat/completions', long);
    await until(() => inference.running === 1);
    // What can start at once is taken. Of several answers, the first counts: the second waits for it.
    void ask('/v1/chat/completions', { ...long, n: 2 });
    await until(() => inference.waiting === 1);
    for (const more of [{}, { n: 2 }, { stream: true }]) {
      const answer = await ask('/v1/chat/completions', chat('hi', { max_tokens: 5, ...more }));
      expect(answer.statusCode).toBe(429);
      expect(answer.json()).toMatchObject({
        error: {
          code: 'ttft_target',
          type: 'rate_limit_error',
          message: expect.stringMatching(
            /^The first token would come in about 1(\.\d+)? s, and the server's target is 0\.5 s\. Try again in 1 s\.$/,
          ) as string,
        },
      });
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect(inference.waiting).toBe(1);
    expect((await get('/metrics')).body).toContain('chatstream_ttft_target_refusals_total 4\n');
    expect((await get('/v1/queue')).json()).toMatchObject({ totals: { completed: 1, cancelled: 0, refused: 4 } });
    app.server.closeAllConnections();
  });

  it('drops what has become hopeless while it waits, with all of its choices, and counts it as a wait in vain', async () => {
    const { app, ask, get, inference, clock } = await testApp({
      engine: { reply: 'long' },
      queue: { maxConcurrency: 2, ttftTargetMs: 500 },
    });
    void ask('/v1/chat/completions', chat('hi', { max_tokens: 1000, n: 2 }));
    await until(() => inference.running === 2);
    // Nothing has been measured yet, so that it is let in.
    const waiting = ask('/v1/chat/completions', chat('hi', { max_tokens: 5, n: 2 }));
    await until(() => inference.waiting === 2);
    await clock.advanceAsync(499);
    expect(inference.waiting).toBe(2);
    await clock.advanceAsync(1);
    const answer = await waiting;
    expect(answer.statusCode).toBe(429);
    expect(answer.json()).toMatchObject({
      error: {
        code: 'ttft_target',
        message: expect.stringMatching(
          /^The request has waited 0\.5 s\. Its first token would come later, and the server's target is 0\.5 s\. Try again in 1 s\.$/,
        ) as string,
      },
    });
    await until(() => inference.waiting === 0);
    expect((await get('/metrics')).body).toContain('chatstream_ttft_target_refusals_total 2\n');
    expect((await get('/v1/queue')).json()).toMatchObject({ totals: { cancelled: 0, refused: 0, timed_out: 2 } });
    app.server.closeAllConnections();
  });
});
