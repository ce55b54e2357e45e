import { expect, it } from 'vitest';
import { linesApp, loadMs } from '../../support/lines-app.js';
import { until } from '../../support/until.js';

const path = '/v1/chat/completions';
const asking = (model: string): object => ({ model, messages: [{ role: 'user', content: 'hi' }], max_tokens: 3 });

it('a full queue of a model that is being loaded is not worth another attempt before it is there', async () => {
  const { clock, lines, send, post } = await linesApp({
    models: ['chat', 'code'],
    maxLoaded: 1,
    maxConcurrency: 1,
    maxQueue: 1,
  });
  const waiting = [send('POST', path, asking('code')), send('POST', path, asking('code'))];
  const isLoading = (): boolean => lines.modelQueues[1]?.state === 'loading';
  await until(() => lines.preparing === 2 && isLoading(), 'both to wait for the model');
  await clock.advanceAsync(1000);
  const refused = await send('POST', path, asking('code'));
  expect(refused.json()).toMatchObject({ error: { code: 'queue_full' } });
  expect(refused.headers['retry-after']).toBe(String((loadMs - 1000) / 1000));
  expect(refused.json<{ error: { message: string } }>().error.message).toContain('2 more came before this one');
  // Once it is loaded, the queue itself says how long it takes.
  await post(path, asking('chat'));
  expect((await Promise.all(waiting)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
});
