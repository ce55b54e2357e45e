import { describe, expect, it } from 'vitest';
import { House } from '../house.js';

describe('a request that comes when the queue is full', () => {
  it('is refused', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 1 });
    const [, , refused] = await house.admit('a', 'b', 'c');
    expect(refused.error).toMatchObject({ code: 'queue_full', retryAfterSeconds: 1 });
    expect(house.settled).toMatchObject([{ id: 'c', outcome: 'refused', error: { code: 'queue_full' } }]);
  });

  it('does not reach the engine', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 1 });
    await house.admit('a', 'b', 'c');
    expect(house.engine.calls).toEqual(['prepare', 'generate a', 'prepare']);
  });

  it('does not reach the engine either when the last places are taken by requests that are being prepared', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 1 });
    const admitPrompts = house.engine.dawdle();
    const clients = ['a', 'b', 'c'].map((id) => house.submit(id));
    admitPrompts();
    await house.pass(1000);
    expect(house.engine.calls.filter((call) => call === 'prepare')).toHaveLength(2);
    expect(clients.map((client) => client.error?.code ?? client.end?.what)).toEqual(['ended', 'ended', 'queue_full']);
  });

  it('is told nothing but the refusal', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 0 });
    const [, refused] = await house.admit('a', 'b');
    await house.pass(1000);
    expect(refused.heard).toEqual([]);
  });

  it('may be sent again', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 0 });
    await house.admit('a', 'b');
    await house.pass(50);
    const [again] = await house.admit('b');
    await house.pass(50);
    expect(again.end?.what).toBe('ended');
  });

  it('is refused after its preparation if the queue was made smaller meanwhile', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 1 });
    await house.admit('a');
    const admitPrompts = house.engine.dawdle();
    const client = house.submit('b');
    house.inference.resize({ maxQueue: 0 });
    admitPrompts();
    await house.pass(0);
    expect(client.error?.code).toBe('queue_full');
    expect(house.outcomesOf('b')).toEqual(['refused']);
  });
});

describe('a prompt that does not fit the context', () => {
  it('is refused with its length and the parameter that caused it', async () => {
    const house = await House.open({ context: 8 });
    const client = house.submit('a', { source: { type: 'text', text: 'Far too long' } });
    await house.pass(0);
    expect(client.error).toMatchObject({
      code: 'context_length_exceeded',
      param: 'prompt',
      message:
        "This model's maximum context length is 8 tokens. The prompt has 12 tokens, so that with an answer it exceeds the context window.",
      overflow: { promptTokens: 12, contextLength: 8 },
    });
  });

  it('is refused in a chat as well', async () => {
    const house = await House.open({ context: 8 });
    const client = house.submit('a', { source: { type: 'chat', messages: [{ role: 'user', content: 'Hello' }] } });
    await house.pass(0);
    expect(client.error).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
  });

  it.each([
    [7, 1],
    [8, 0],
  ])('is not sent to the engine if it comes as tokens: %i of them', async (count, asked) => {
    const house = await House.open({ context: 8 });
    const tokens = Array.from({ length: count }, () => 97);
    const client = house.submit('a', { source: { type: 'tokens', tokens } });
    await house.pass(0);
    expect(house.engine.calls.filter((call) => call === 'prepare')).toHaveLength(asked);
    const refused = { code: 'context_length_exceeded', param: 'prompt', overflow: { promptTokens: 8 } };
    if (asked === 0) expect(client.error).toMatchObject(refused);
    else expect(client.admission).toBe('admitted');
  });

  it('is refused even if only the answer has no room', async () => {
    const house = await House.open({ context: 5 });
    const client = house.submit('a', { source: { type: 'text', text: 'Hello' } });
    await house.pass(0);
    expect(client.error?.code).toBe('context_length_exceeded');
  });

  it('is served if there is room for one token of the answer', async () => {
    const house = await House.open({ context: 6 });
    const client = house.submit('a', { source: { type: 'text', text: 'Hello' } });
    await house.pass(100);
    expect(client.end).toMatchObject({ reason: 'length', timings: { outputTokens: 1 } });
  });

  it('is not counted among the queue’s outcomes', async () => {
    const house = await House.open({ context: 5 });
    house.submit('a');
    await house.pass(100);
    expect(house.events).toEqual([]);
  });

  it('gives its place back', async () => {
    const house = await House.open({ context: 5, maxConcurrency: 1, maxQueue: 0 });
    house.submit('a');
    await house.pass(0);
    const client = house.submit('b', { source: { type: 'text', text: 'Hi' } });
    await house.pass(100);
    expect(client.end?.what).toBe('ended');
  });
});

describe('a prompt that the engine refuses', () => {
  it('is refused with the engine’s own message', async () => {
    const house = await House.open();
    const client = house.submit('a', { source: { type: 'tokens', tokens: [-1] } });
    await house.pass(0);
    expect(client.error).toMatchObject({ code: 'invalid_request', param: 'prompt' });
    expect(house.events).toEqual([]);
  });
});

describe('a generation that the engine cannot begin', () => {
  it('fails, and frees its slot', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    const client = house.submit('a', { format: { type: 'json_schema', schema: {} } });
    const next = house.submit('b');
    await house.pass(100);
    expect(client.heard).toMatchObject([{ what: 'started' }, { what: 'failed', error: { code: 'invalid_request' } }]);
    expect(next.end?.what).toBe('ended');
    expect(house.outcomesOf('a')).toEqual(['failed']);
  });
});

describe('a preparation that takes too long', () => {
  it('is given up when the request has waited as long as it could have in the queue', async () => {
    const house = await House.open({ queueTimeoutMs: 300 });
    house.engine.dawdle();
    const client = house.submit('a');
    await house.pass(299);
    expect(client.admission).toBeNull();
    await house.pass(1);
    expect(client.error).toMatchObject({ code: 'queue_timeout', retryAfterSeconds: 1 });
    expect(house.outcomesOf('a')).toEqual(['timed_out']);
  });

  it('may take any time if the queue timeout is 0', async () => {
    const house = await House.open({ queueTimeoutMs: 0 });
    const admitPrompts = house.engine.dawdle();
    const client = house.submit('a');
    await house.pass(1_000_000);
    admitPrompts();
    await house.pass(100);
    expect(client.end?.what).toBe('ended');
  });

  it('leaves no timer behind when it is over', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 0 });
    house.submit('a', { source: { type: 'tokens', tokens: [-1] } });
    await house.pass(0);
    expect(house.clock.pending).toBe(0);
  });
});
