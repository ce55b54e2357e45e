import { describe, expect, it } from 'vitest';
import { chat, until } from '../../support/app.js';
import { linesApp, loadMs } from '../../support/lines-app.js';

const options = {
  models: ['chat', 'code'],
  maxLoaded: 1,
  enginesEach: 2,
  engine: { slots: 4, reply: 'long' },
} as const;
const limits = { slots: 4, maxConcurrency: 4 };

function shown(executors: readonly { name: string; running: number; places: number }[]): readonly string[] {
  return executors.map(({ name, running, places }) => `${name} ${running}/${places}`);
}

describe('models with several engines each', () => {
  it('share the requests of a model among its engines, whose names begin with its name', async () => {
    const { lines, send, clock } = await linesApp({ ...options, ...limits });
    expect(shown(lines.executors)).toEqual(['chat/local-1 0/2', 'chat/local-2 0/2']);
    const answers = ['a', 'b', 'c'].map((text) => send('POST', '/v1/chat/completions', chat(text, { max_tokens: 20 })));
    await until(() => lines.running === 3);
    expect(shown(lines.executors)).toEqual(['chat/local-1 2/2', 'chat/local-2 1/2']);
    await clock.advanceAsync(5000);
    const bodies = (await Promise.all(answers)).map((answer) => answer.json<{ timings: { executor: string } }>());
    expect(bodies.map(({ timings }) => timings.executor)).toEqual(['chat/local-1', 'chat/local-2', 'chat/local-1']);
  });

  it('are loaded and unloaded together, as often as it takes', async () => {
    const { lines, post, clock } = await linesApp({ ...options, ...limits });
    for (const model of ['code', 'chat']) {
      expect((await post('/v1/chat/completions', chat('hi', { model, max_tokens: 1 }))).statusCode).toBe(200);
      await clock.advanceAsync(loadMs);
      expect(shown(lines.executors)).toEqual([`${model}/local-1 0/2`, `${model}/local-2 0/2`]);
    }
  });

  it('are refused together where they cannot be loaded', async () => {
    const { broken, post, lines } = await linesApp({ ...options, ...limits });
    broken.add('code');
    const refused = await post('/v1/chat/completions', chat('hi', { model: 'code', max_tokens: 1 }));
    expect(refused.json()).toMatchObject({ error: { code: 'model_loading_failed' } });
    expect(lines.modelQueues.map(({ state }) => state)).toEqual(['unloaded', 'failed']);
  });
});
