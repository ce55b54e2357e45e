import { describe, expect, it } from 'vitest';
import { digestOf, noRates } from '../../../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../../../src/core/scheduler/jobs/demand.js';
import type { TrafficClass } from '../../../../../src/core/scheduler/jobs/traffic-class.js';
import { chat, testApp, until } from '../../../../support/app.js';

/** A key whose name is also its secret. */
function key(name: string, trafficClass: TrafficClass, role: 'user' | 'admin' = 'user') {
  return { name, digest: digestOf(name), trafficClass, role, terms: usualTerms, rates: noRates } as const;
}

const as = (name: string): Record<string, string> => ({ authorization: `Bearer ${name}` });

describe('the cost of a request in /v1/queue', () => {
  it('stays while it is paused, and goes on with its next tokens', async () => {
    const fair = { policy: 'fair', classPatienceMs: 60_000, preemptAfterMs: 50, terms: new Map() } as const;
    const { ask, get, clock, inference } = await testApp({
      engine: { reply: 'long' },
      queue: { maxConcurrency: 1, fair },
      keys: [key('night', 'batch'), key('person', 'interactive'), key('boss', 'standard', 'admin')],
    });
    const queue = async (): Promise<unknown> => (await get('/v1/queue', as('boss'))).json<unknown>();
    void ask('/v1/chat/completions', chat('hi', { max_tokens: 100 }), as('night'));
    await until(() => inference.running === 1);
    await clock.advanceAsync(55);
    const batch = { key: 'night', prompt_tokens: 21, cached_tokens: 0 };
    expect(await queue()).toMatchObject({ running: [{ ...batch, output_tokens: 4, cost: 21 + 2 * 4 }] });
    void ask('/v1/chat/completions', chat('hi', { max_tokens: 10 }), as('person'));
    await until(() => inference.waiting === 1);
    await clock.advanceAsync(75);
    expect(await queue()).toMatchObject({
      running: [{ key: 'person', output_tokens: 1, cost: 21 + 2 }],
      waiting: [{ ...batch, paused: true, output_tokens: 9, cost: 21 + 2 * 9 }],
    });
    await clock.advanceAsync(200);
    const resumed = (await queue()) as { running: { output_tokens: number; cost: number }[] };
    const [first] = resumed.running;
    expect(first).toMatchObject({ key: 'night' });
    expect(first?.output_tokens).toBeGreaterThan(9);
  });
});
