import { describe, expect, it } from 'vitest';
import { House } from '../house.js';

/** A drain, and when it was over in virtual time. */
function drain(house: House): { readonly atMs: () => number | null } {
  let atMs: number | null = null;
  void house.inference.drain().then(() => {
    atMs = house.clock.now();
  });
  return { atMs: () => atMs };
}

describe('draining', () => {
  it('lets running requests finish', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [running] = await house.admit('a');
    await house.pass(25);
    const over = drain(house);
    await house.pass(1000);
    expect(running).toMatchObject({ answer: '1 2 3 4', end: { what: 'ended', atMs: 50 } });
    expect(over.atMs()).toBe(50);
  });

  it('turns away waiting requests at once', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const [, ...waiting] = await house.admit('a', 'b', 'c');
    drain(house);
    const notStarted = { code: 'draining', message: expect.stringContaining('was not started') as string };
    expect(waiting.map(({ error }) => error)).toMatchObject([notStarted, notStarted]);
    expect(['b', 'c'].map((id) => house.outcomesOf(id))).toEqual([['refused'], ['refused']]);
  });

  it('refuses new requests without asking the engine', async () => {
    const house = await House.open();
    drain(house);
    const [client] = await house.admit('a');
    expect(client.error?.code).toBe('draining');
    expect(house.engine.calls).toEqual([]);
  });

  it('refuses requests whose prompt was being prepared', async () => {
    const house = await House.open();
    const admitPrompts = house.engine.dawdle();
    const client = house.submit('a');
    drain(house);
    admitPrompts();
    await house.pass(0);
    expect(client.error?.code).toBe('draining');
    expect(client.error?.message).toContain('was not started');
    expect(house.outcomesOf('a')).toEqual(['refused']);
  });

  it('is over at once if nothing runs', async () => {
    const house = await House.open();
    const over = drain(house);
    await house.pass(0);
    expect(over.atMs()).toBe(0);
  });

  it('is over when the last running client has left', async () => {
    const house = await House.open();
    const [running] = await house.admit('a');
    const over = drain(house);
    await house.pass(30);
    running.leave();
    await house.pass(1);
    expect(over.atMs()).toBe(30);
  });

  it('shows as not ready', async () => {
    const house = await House.open();
    drain(house);
    expect([house.inference.ready, house.inference.readiness]).toEqual([false, 'draining']);
    expect(house.inference.snapshot().draining).toBe(true);
  });
});

describe('abandoning running requests', () => {
  it('tells their clients, cancels their generations, and ends the drain', async () => {
    const house = await House.open();
    const clients = await house.admit('a', 'b');
    const over = drain(house);
    await house.pass(25);
    expect(house.inference.abandonRunning()).toBe(2);
    await house.pass(0);
    expect(clients.map(({ end }) => end)).toMatchObject([
      { what: 'failed', atMs: 25, error: { code: 'draining' } },
      { what: 'failed', atMs: 25, error: { code: 'draining' } },
    ]);
    expect(house.engine.calls.slice(-2)).toEqual(['cancel a', 'cancel b']);
    expect(over.atMs()).toBe(25);
  });

  it('counts each as failed, once', async () => {
    const house = await House.open();
    await house.admit('a', 'b');
    drain(house);
    house.inference.abandonRunning();
    await house.pass(1000);
    expect([house.outcomesOf('a'), house.outcomesOf('b')]).toEqual([['failed'], ['failed']]);
  });

  it('does not tell a client that leaves because another one was told', async () => {
    const house = await House.open();
    const [first, second] = await house.admit('a', 'b');
    drain(house);
    first.on.failed = () => {
      second.leave();
    };
    expect(house.inference.abandonRunning()).toBe(1);
    expect([house.outcomesOf('a'), house.outcomesOf('b')]).toEqual([['failed'], ['cancelled_running']]);
  });

  it('does nothing if nothing runs', async () => {
    const house = await House.open();
    expect(house.inference.abandonRunning()).toBe(0);
  });
});
