import { describe, expect, it } from 'vitest';
import { House } from '../house.js';

describe('a deadline that passes before a request is admitted', () => {
  it('ends it at that moment, however long the engine takes to restart', async () => {
    const house = await House.open({ queueTimeoutMs: 60_000 });
    const recover = house.engine.dawdle();
    const client = house.submit('a', { deadlineMs: 5000 });
    await house.pass(4999);
    expect(client.admission).toBeNull();
    await house.pass(1);
    expect(client.error).toMatchObject({ code: 'deadline', retryAfterSeconds: 1 });
    recover();
    await house.pass(1000);
    expect(house.outcomesOf('a')).toEqual(['timed_out']);
    expect(house.engine.calls).not.toContain('generate a');
    expect(house.inference.preparing).toBe(0);
  });

  it('counts also where the queue has no timeout, and the earlier of both ends it', async () => {
    const unlimited = await House.open({ queueTimeoutMs: 0 });
    const impatient = await House.open({ queueTimeoutMs: 1000 });
    const clients = [unlimited, impatient].map((house) => {
      house.engine.dawdle();
      return house.submit('a', { deadlineMs: 3000 });
    });
    await unlimited.pass(3000);
    await impatient.pass(3000);
    expect(clients.map(({ error }) => error?.code)).toEqual(['deadline', 'queue_timeout']);
  });
});
