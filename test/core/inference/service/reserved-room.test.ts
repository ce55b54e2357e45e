import { describe, expect, it } from 'vitest';
import { type KeyTerms, usualTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import type { Client } from '../client.js';
import { House } from '../house.js';

/** Four slots, of which three are for interactive requests, and a line for four. */
function open(terms: Readonly<Record<string, Partial<KeyTerms>>>): Promise<House> {
  const all = Object.entries(terms).map(([name, each]) => [name, { ...usualTerms, ...each }] as const);
  const fair = { policy: 'fair', classPatienceMs: 60_000, terms: new Map(all) } as const;
  const classReserves = new Map([['interactive', 3] as const]);
  return House.open({
    ...{ maxConcurrency: 4, maxQueue: 4, maxQueuedTokens: 100, queueTimeoutMs: 0 },
    fair: { ...fair, classReserves },
  });
}

async function send(house: House, key: string, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    clients.push(house.submit(`${key} ${sent}`, { key, trafficClass: 'interactive', maxTokens: 400 }));
    await house.pass(0);
  }
  return clients;
}

const outcomes = (clients: readonly Client[]): (string | undefined)[] =>
  clients.map(({ admission, error }) => error?.code ?? (typeof admission === 'string' ? admission : undefined));

describe('a key whose class has idle slots, but that runs as many requests as it may', () => {
  it('has no more waiting than it may', async () => {
    const house = await open({ anna: { maxRunning: 1, maxWaiting: 2 } });
    const clients = await send(house, 'anna', 4);
    expect(outcomes(clients)).toEqual(['admitted', 'admitted', 'admitted', 'rate_limited']);
    expect([house.inference.running, house.inference.waiting]).toEqual([1, 2]);
  });

  it('has no more waiting than the line takes', async () => {
    const house = await open({ anna: { maxRunning: 1 } });
    const clients = await send(house, 'anna', 20);
    expect(outcomes(clients)).toContain('queue_full');
    expect(house.inference.waiting).toBe(4);
  });

  it('leaves the idle slots to others of its class, however long its line is', async () => {
    const house = await open({ anna: { maxRunning: 1 } });
    await send(house, 'anna', 20);
    expect(outcomes(await send(house, 'ben', 2))).toEqual(['admitted', 'admitted']);
    expect(house.inference.running).toBe(3);
  });
});

describe('requests that come together for idle slots of their class', () => {
  it('are prepared as far as slots and the line have room for them', async () => {
    const house = await open({});
    const admitPrompts = house.engine.dawdle();
    const clients = Array.from({ length: 20 }, (_, index) =>
      house.submit(`anna ${index}`, { key: 'anna', trafficClass: 'interactive', maxTokens: 400 }),
    );
    admitPrompts();
    await house.pass(0);
    // Three in slots of the class, one in the slot for all, four in the line.
    expect(house.engine.calls.filter((call) => call === 'prepare')).toHaveLength(8);
    expect(outcomes(clients).filter((outcome) => outcome === 'admitted')).toHaveLength(8);
    expect([house.inference.running, house.inference.waiting]).toEqual([4, 4]);
  });
});

describe('a call for tokens while the line is full', () => {
  it('is answered for those who have an idle slot of their class, and refused to all others', async () => {
    const house = await open({});
    for (let sent = 0; sent < 5; sent += 1) {
      house.submit(`nightly ${sent}`, { key: 'nightly', maxTokens: 400 });
      await house.pass(0);
    }
    expect([house.inference.running, house.inference.waiting]).toEqual([1, 4]);
    const client = new AbortController().signal;
    const tokensFor = (trafficClass: 'interactive' | 'standard'): Promise<unknown> =>
      house.inference.tokenize('Hello', {}, client, { key: 'anna', trafficClass });
    await expect(tokensFor('standard')).rejects.toMatchObject({ code: 'queue_full' });
    await expect(tokensFor('interactive')).resolves.not.toHaveLength(0);
    const answers = await Promise.allSettled(Array.from({ length: 4 }, () => tokensFor('interactive')));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(house.inference.preparing).toBe(0);
    // A call that is over soon takes no slot from a request.
    const calls = Array.from({ length: 3 }, () => tokensFor('interactive'));
    const requests = await send(house, 'anna', 3);
    await Promise.all(calls);
    expect(outcomes(requests)).toEqual(['admitted', 'admitted', 'admitted']);
    expect([house.inference.running, house.inference.waiting]).toEqual([4, 4]);
  });
});

describe('requests of a key that runs as many as it may, while they are prepared', () => {
  it('leave the idle slots to others, and are no more than may wait', async () => {
    const terms = new Map([['script', { ...usualTerms, maxRunning: 1 }]]);
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms } as const;
    const house = await House.open({ maxConcurrency: 4, maxQueue: 4, queueTimeoutMs: 0, fair });
    await send(house, 'script', 1);
    const admitPrompts = house.engine.dawdle();
    const [script, ben] = (['script', 'ben'] as const).map((key) =>
      Array.from({ length: 8 }, (_, index) => house.submit(`${key} ${index} later`, { key, maxTokens: 400 })),
    ) as [Client[], Client[]];
    admitPrompts();
    await house.pass(0);
    expect(outcomes(script)).toEqual([...Array<string>(4).fill('admitted'), ...Array<string>(4).fill('queue_full')]);
    expect(outcomes(ben)).toEqual([...Array<string>(3).fill('admitted'), ...Array<string>(5).fill('queue_full')]);
    expect([house.inference.running, house.inference.waiting, house.inference.preparing]).toEqual([4, 4, 0]);
  });
});
