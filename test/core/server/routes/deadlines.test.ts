import { describe, expect, it } from 'vitest';
import { chat, testApp, until } from '../../../support/app.js';

interface ErrorBody {
  readonly error: { readonly code?: string; readonly details?: { readonly error_code: string } };
}

const codeOf = ({ error }: ErrorBody): string | undefined => error.code ?? error.details?.error_code;

describe('deadlines of requests', () => {
  it.each([
    ['/v1/chat/completions', chat('hi'), 1],
    ['/v1/chat/completions', chat('hi', { n: 2 }), 2],
    ['/v1/chat/completions', chat('hi', { n: 2, stream: true }), 2],
    ['/v1/completions', { prompt: ['hi', 'ho'] }, 2],
    ['/v1/messages', chat('hi', { max_tokens: 5 }), 1],
    ['/v1/responses', { input: 'hi' }, 1],
  ])('refuse what would begin too late: %s with %j', async (url, body, generations) => {
    const { app, ask, post, get, inference } = await testApp({
      engine: { reply: 'long' },
      queue: { maxConcurrency: 2 },
    });
    await post('/v1/completions', { prompt: 'hi', max_tokens: 100 });
    void ask('/v1/completions', { prompt: ['hi', 'ho'], max_tokens: 100 });
    await until(() => inference.running === 2);
    const inField = await ask(url, { ...body, deadline_ms: 200 });
    const inHeader = await ask(url, body, { 'x-request-deadline': '200' });
    for (const answer of [inField, inHeader]) {
      expect(answer.statusCode).toBe(503);
      expect(codeOf(answer.json<ErrorBody>())).toBe('deadline');
      expect(answer.headers['retry-after']).toBeDefined();
    }
    expect(inference.waiting).toBe(0);
    const refused = 2 * generations;
    expect((await get('/metrics')).body).toContain(`chatstream_deadline_requests_total{stage="arrival"} ${refused}\n`);
    expect((await get('/v1/usage')).json()).toMatchObject({
      data: [{ requests: { completed: 1, cancelled: 0, refused } }],
    });
    app.server.closeAllConnections();
  });

  it('let through what begins in time', async () => {
    const { post } = await testApp();
    const answer = await post('/v1/chat/completions', chat('hi', { deadline_ms: 5000 }), {
      'x-request-deadline': '9000',
    });
    expect(answer.statusCode).toBe(200);
  });

  it('end the wait of a request', async () => {
    const { ask, post, get, inference } = await testApp({ engine: { reply: 'long' }, queue: { maxConcurrency: 1 } });
    void ask('/v1/completions', { prompt: 'hi', max_tokens: 500 });
    await until(() => inference.running === 1);
    const answer = await post('/v1/chat/completions', chat('hi', { deadline_ms: 300 }));
    expect(codeOf(answer.json<ErrorBody>())).toBe('deadline');
    expect((await get('/metrics')).body).toContain('chatstream_deadline_requests_total{stage="waiting"} 1');
    expect((await get('/v1/queue')).json()).toMatchObject({ totals: { timed_out: 1 } });
  });

  it.each(['0', 'soon', '-5', '1.5'])('must be whole numbers of milliseconds: %s', async (value) => {
    const { ask } = await testApp();
    const answer = await ask('/v1/chat/completions', chat('hi'), { 'x-request-deadline': value });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: { param: 'x-request-deadline' } });
  });
});
