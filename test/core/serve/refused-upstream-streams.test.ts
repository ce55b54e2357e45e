import { expect, it, onTestFinished } from 'vitest';
import { member } from '../../../src/core/base/json.js';
import { relayQueue, testRelay } from '../../support/relay-server.js';
import { until } from '../../support/until.js';
import { UpstreamServer } from '../../support/upstream-server.js';

it('refuses a stream that would begin too late at once, with a status of its own', async () => {
  const upstream = await UpstreamServer.start({ models: ['a'], manner: { type: 'answer', tokens: 5, tokenMs: 10 } });
  onTestFinished(() => upstream.stop());
  const relay = await testRelay([`${upstream.url},slots=1`], { queue: { ...relayQueue, ttftTargetMs: 1 } });
  const measured = await relay.post({ model: 'a', stream: true, messages: [] });
  await measured.text();

  upstream.manner = { type: 'silence' };
  const left = new AbortController();
  const running = relay.post({ model: 'a', stream: true, messages: [] }, { signal: left.signal }).catch(() => null);
  await until(() => relay.upstreams[0]?.running === 1, 'the one that runs');
  const refused = await relay.post({ model: 'a', stream: true, messages: [] });
  const said: unknown = await refused.json();
  left.abort();
  await running;

  expect(refused.status).toBe(429);
  expect(member(said, 'error')).toMatchObject({ code: 'ttft_target' });
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(member(await relay.get('/v1/queue'), 'totals')).toMatchObject({ completed: 1, refused: 1 });
});
