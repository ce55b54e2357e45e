import { describe, expect, it } from 'vitest';
import { noRates } from '../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, until } from '../../support/app.js';
import { key, keyedServer, sent } from './keyed-server.js';

const chats = { userHeader: 'x-user' };

function ask({ ask: post }: TestApp, user: string | null): ReturnType<TestApp['ask']> {
  const headers = { ...sent('chats'), ...(user !== null && { 'x-user': user }) };
  return post('/v1/chat/completions', chat('hi', { max_tokens: 400 }), headers);
}

/** Sends requests that run or wait when this resolves. @param users null for a request that names none */
async function join(made: TestApp, ...users: readonly (string | null)[]): Promise<void> {
  for (const user of users) {
    const before = made.inference.running + made.inference.waiting;
    void ask(made, user);
    await until(() => made.inference.running + made.inference.waiting > before);
  }
}

async function refusalOf(made: TestApp, user: string | null): Promise<string> {
  return (await ask(made, user)).json<{ readonly error: { readonly message: string } }>().error.message;
}

interface Queue {
  readonly running: readonly object[];
  readonly waiting: readonly { readonly key: string; readonly position: number }[];
}

async function queueOf({ get }: TestApp, user: string): Promise<Queue> {
  return (await get('/v1/queue', { ...sent('chats'), 'x-user': user })).json<Queue>();
}

describe('users who share a key', () => {
  it('take turns, as keys do', async () => {
    const made = await keyedServer([key('chats', chats)]);
    await join(made, 'anna', 'anna', 'anna', 'anna', 'ben');
    const [ben] = (await queueOf(made, 'ben')).waiting;
    expect(ben).toMatchObject({ key: 'chats', position: 1 });
  });

  it('are one where the key does not tell them apart', async () => {
    const made = await keyedServer([key('chats')]);
    await join(made, 'anna', 'anna', 'anna', 'anna', 'ben');
    expect((await queueOf(made, 'ben')).waiting.map(({ position }) => position)).toEqual([1, 2, 3]);
  });

  it('see only their own requests', async () => {
    const made = await keyedServer([key('chats', chats)]);
    await join(made, 'anna', 'anna', 'ben');
    const [anna, ben] = [await queueOf(made, 'anna'), await queueOf(made, 'ben')];
    expect([anna.running.length, anna.waiting.length]).toEqual([2, 0]);
    expect([ben.running.length, ben.waiting.length]).toEqual([0, 1]);
  });

  it('have the limits of the key each, and those that are not named have them together', async () => {
    const limits = { terms: { ...usualTerms, maxRunning: 1, maxWaiting: 0 }, rates: noRates };
    const made = await keyedServer([key('chats', { ...chats, ...limits })]);
    await join(made, 'anna', null);
    expect(await refusalOf(made, 'anna')).toContain('This user of the key "chats" has reached its limit of 0 waiting');
    expect(await refusalOf(made, null)).toContain('The key "chats" has reached its limit of 0 waiting');
  });

  it('have the rates of the key each', async () => {
    const made = await keyedServer([key('chats', { ...chats, rates: { ...noRates, requestsPerMinute: 1 } })]);
    await join(made, 'anna', 'ben');
    const refused = await ask(made, 'anna');
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ error: { code: 'rate_limited' } });
  });

  it('are told apart however long their names are, and whatever is in them', async () => {
    const made = await keyedServer([
      key('chats', { ...chats, terms: { ...usualTerms, maxRunning: 1, maxWaiting: 0 } }),
    ]);
    const long = 'a/b c'.repeat(1000);
    await join(made, long, `${long}!`);
    expect((await ask(made, long)).statusCode).toBe(429);
  });

  it('are not told apart by an empty name', async () => {
    const made = await keyedServer([
      key('chats', { ...chats, terms: { ...usualTerms, maxRunning: 1, maxWaiting: 0 } }),
    ]);
    await join(made, ' ');
    expect((await ask(made, null)).statusCode).toBe(429);
  });
});
