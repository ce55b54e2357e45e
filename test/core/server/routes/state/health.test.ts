import { describe, expect, it, vi } from 'vitest';
import { chat, testApp, until } from '../../../../support/app.js';
import { ScriptedEngine } from '../../../../support/scripted-engine.js';

const readiness = ['/readyz', '/health'];

describe('health', () => {
  it('is alive and ready when the model is loaded', async () => {
    const { get } = await testApp();
    expect((await get('/livez')).json<unknown>()).toEqual({ status: 'alive' });
    for (const path of readiness) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(200);
      expect(answer.json<unknown>()).toEqual({ status: 'ready' });
    }
  });

  it('is alive and not ready while the model is being loaded', async () => {
    const { get } = await testApp({ unloaded: true });
    expect((await get('/livez')).statusCode).toBe(200);
    for (const path of readiness) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(503);
      expect(answer.json<unknown>()).toEqual({ status: 'not ready', reason: 'starting' });
    }
  });

  it('is not ready while the engine restarts', async () => {
    const engine = new ScriptedEngine();
    const { get } = await testApp({ makeEngine: () => engine });
    engine.become({ status: 'restarting', attempt: 1, reason: 'It crashed.' });
    const answer = await get('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json<unknown>()).toEqual({ status: 'not ready', reason: 'restarting' });
    expect((await get('/livez')).statusCode).toBe(200);
  });

  it('is ready again when the engine is', async () => {
    const engine = new ScriptedEngine();
    const { get } = await testApp({ makeEngine: () => engine });
    engine.restart(1);
    expect((await get('/readyz')).statusCode).toBe(200);
  });

  it('is alive but not ready when the engine is down', async () => {
    const engine = new ScriptedEngine();
    const { get } = await testApp({ makeEngine: () => engine });
    engine.become({ status: 'failed', reason: 'It crashed.' });
    expect((await get('/readyz')).json<unknown>()).toEqual({ status: 'not ready', reason: 'failed' });
    expect((await get('/livez')).statusCode).toBe(200);
  });

  it('is not ready while the server drains', async () => {
    const { get, inference } = await testApp();
    await inference.drain();
    expect((await get('/readyz')).json<unknown>()).toEqual({ status: 'not ready', reason: 'draining' });
    expect((await get('/livez')).statusCode).toBe(200);
  });

  it('is answered when the queue is full, and asks neither queue nor engine', async () => {
    const { ask, get, engine, inference } = await testApp({ queue: { maxConcurrency: 1, maxQueue: 0 } });
    void ask('/v1/chat/completions', chat('hi'));
    await until(() => inference.running === 1);
    const calls = [
      vi.spyOn(engine, 'prepare'),
      vi.spyOn(engine, 'tokenize'),
      vi.spyOn(engine, 'generate'),
      vi.spyOn(inference, 'submit'),
      vi.spyOn(inference, 'snapshot'),
    ];
    for (const path of ['/livez', ...readiness]) expect((await get(path)).statusCode).toBe(200);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
  });
});
