import { setImmediate as nextIteration } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { InferenceRequest } from '../../../../src/core/inference/request.js';
import type { Client } from '../client.js';
import { House } from '../house.js';

const user = { role: 'user', content: 'Hello' } as const;

const longText = { type: 'text', text: 'a'.repeat(20_000) } as const;

/** What takes long to be prepared. */
const longRequests: readonly (readonly [string, Partial<InferenceRequest>])[] = [
  ['long texts', { source: longText }],
  ['long lists of tokens', { source: { type: 'tokens', tokens: Array.from({ length: 20_000 }, () => 97) } }],
  ['chats of many messages', { source: { type: 'chat', messages: Array.from({ length: 100 }, () => user) } }],
  ['chats of long messages', { source: { type: 'chat', messages: [{ ...user, content: 'a'.repeat(20_000) }] } }],
  ['chats with variables', { source: { type: 'chat', messages: [user], arguments: { a: [] } } }],
  ['formats', { format: { type: 'regex', regex: 'a{0,300}' } }],
];

function open(): Promise<House> {
  return House.open({ maxConcurrency: 8, maxQueue: 32, queueTimeoutMs: 60_000, context: 100_000 });
}

/** All that can be done in this iteration of the event loop is done before. */
function endOfIteration(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

function prepared(house: House): number {
  return house.engine.calls.filter((call) => call === 'prepare').length;
}

describe('requests that take long to be prepared', () => {
  it.each(longRequests)('are prepared one at a time for each key: %s', async (_, request) => {
    const house = await open();
    const goOn = house.engine.dawdle();
    const send = (key: string, count: number): Client[] =>
      Array.from({ length: count }, (__, index) => house.submit(`${key} ${index}`, { ...request, key }));
    const clients = [...send('anna', 4), ...send('ben', 2)];
    await house.pass(0);
    expect(prepared(house)).toBe(2);
    expect(house.inference.preparing).toBe(6);
    goOn();
    await house.pass(0);
    expect(prepared(house)).toBe(6);
    expect(clients.map(({ admission }) => admission)).toEqual(clients.map(() => 'admitted'));
  });

  it.each([
    ['messages', 1000, 1],
    ['messages', 1001, 0],
    ['calls', 1000, 1],
    ['calls', 1001, 0],
  ])('are written for the engine at once unless they have many parts: %s, %i', async (parts, count, written) => {
    const house = await open();
    const calls = Array.from({ length: count }, () => ({ type: 'function' }));
    const chat = parts === 'calls' ? [{ ...user, tool_calls: calls }] : calls.map(() => user);
    house.submit('many', { source: { type: 'chat', messages: chat } });
    await endOfIteration();
    expect(prepared(house)).toBe(written);
    await house.pass(0);
    expect(prepared(house)).toBe(1);
  });

  it('keep short ones of the same key from nothing', async () => {
    const house = await open();
    house.engine.dawdle();
    for (let sent = 0; sent < 4; sent += 1) house.submit(`long ${sent}`, { source: longText });
    for (let sent = 0; sent < 4; sent += 1) house.submit(`short ${sent}`);
    await house.pass(0);
    expect(prepared(house)).toBe(1 + 4);
  });

  it('are not prepared at all once their client has left', async () => {
    const house = await open();
    const goOn = house.engine.dawdle();
    const clients = Array.from({ length: 3 }, (_, index) => house.submit(`long ${index}`, { source: longText }));
    await house.pass(0);
    clients[1]?.leave();
    await house.pass(0);
    expect(house.outcomesOf('long 1')).toEqual(['cancelled_waiting']);
    goOn();
    await house.pass(0);
    expect(prepared(house)).toBe(2);
    expect(house.inference.preparing).toBe(0);
  });

  it('wait for each other no longer than for a place', async () => {
    const house = await House.open({ maxConcurrency: 4, queueTimeoutMs: 1000, context: 100_000 });
    house.engine.dawdle();
    const clients = Array.from({ length: 2 }, (_, index) => house.submit(`long ${index}`, { source: longText }));
    await house.pass(1000);
    expect(clients.map(({ error }) => error?.code)).toEqual(['queue_timeout', 'queue_timeout']);
  });
});

describe('texts that are made into tokens, and tokens into texts', () => {
  it.each([
    [65_536, true],
    [65_537, false],
  ])('are answered at once unless there are many tokens: %i', async (count, isAtOnce) => {
    const house = await open();
    const client = new AbortController().signal;
    const text = 'a'.repeat(count);
    const answered: string[] = [];
    const tokens = house.inference.tokenize(text, {}, client, { key: 'anna' });
    void tokens.then(() => answered.push('tokens'));
    // Immediates of the iteration in which they are read from the engine are no other turn.
    await nextIteration();
    await endOfIteration();
    expect(answered).toEqual(isAtOnce ? ['tokens'] : []);
    const back = house.inference.detokenize(await tokens, client, { key: 'ben' });
    void back.then(() => answered.push('text'));
    await endOfIteration();
    expect(answered).toEqual(isAtOnce ? ['tokens', 'text'] : ['tokens']);
    expect(await back).toBe(text);
  });
});

describe('long texts to be made into tokens', () => {
  it('are read one at a time for each key', async () => {
    const house = await open();
    let read = 0;
    const { engine } = house;
    const tokenize = engine.tokenize.bind(engine);
    engine.tokenize = (text) => {
      read += 1;
      return tokenize(text);
    };
    const goOn = engine.dawdle();
    const client = new AbortController().signal;
    const calls = ['anna', 'anna', 'anna', 'ben'].map((key) =>
      house.inference.tokenize(longText.text, {}, client, { key }),
    );
    await house.pass(0);
    expect(read).toBe(2);
    goOn();
    await Promise.all(calls);
    expect(read).toBe(4);
  });
});
