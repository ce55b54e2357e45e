import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { limitsNotKeptError } from '../../../../../src/core/base/refusals/cluster-refusals.js';
import { linesApp } from '../../../../support/lines-app.js';

describe('PATCH /v1/queue where limits outlast the server', () => {
  it('answers once they are kept', async () => {
    const order: string[] = [];
    const { lines, send } = await linesApp({ models: ['m'] });
    const limitsKept = async (): Promise<void> => {
      await setImmediate();
      order.push('kept');
    };
    Object.assign(lines, { limitsKept });
    const { statusCode } = await send('PATCH', '/v1/queue', { max_queue: 7 });
    order.push('answered');
    expect([statusCode, order]).toEqual([200, ['kept', 'answered']]);
  });

  it('answers 503 if they may be lost, and shows that they were set', async () => {
    const { get, lines, send } = await linesApp({ models: ['m'] });
    Object.assign(lines, { limitsKept: () => Promise.reject(limitsNotKeptError(5000)) });
    const refused = await send('PATCH', '/v1/queue', { max_queue: 7 });
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5']);
    expect(refused.json()).toMatchObject({ error: { code: 'cluster_unavailable' } });
    expect((await get('/v1/queue')).json()).toMatchObject({ max_queue: 7 });
  });
});
