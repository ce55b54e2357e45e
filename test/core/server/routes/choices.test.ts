import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chat, createTestApp, type TestApp, testApp, until } from '../../../support/app.js';
import { ScriptedEngine } from '../../../support/scripted-engine.js';
import { openStream } from '../../../support/stream-client.js';
import { parseStream } from '../../../support/stream-parts.js';

const chatPath = '/v1/chat/completions';
const textPath = '/v1/completions';

interface Choice {
  readonly index: number;
  readonly text?: string;
  readonly delta?: { readonly role?: string; readonly content?: string };
  readonly finish_reason: string | null;
}

let shared: TestApp;

beforeAll(async () => {
  shared = await createTestApp({ engine: { reply: 'echo' } });
});

afterAll(() => shared.close());

function choicesIn(body: string): readonly Choice[] {
  return parseStream(body).flatMap((part) => (part.type === 'data' ? ((part.data['choices'] ?? []) as Choice[]) : []));
}

function textOf(choices: readonly Choice[], index: number): string {
  return choices
    .filter((choice) => choice.index === index)
    .map(({ text, delta }) => text ?? delta?.content ?? '')
    .join('');
}

describe('several choices', () => {
  it('of a chat are generated at the same time, and counted together', async () => {
    const answer = await shared.post(chatPath, chat('hi', { n: 3 }));
    expect(answer.json<unknown>()).toMatchObject({
      choices: [0, 1, 2].map((index) => ({
        index,
        message: { role: 'assistant', content: 'hi' },
        finish_reason: 'stop',
      })),
      usage: { prompt_tokens: 21, completion_tokens: 3, total_tokens: 24 },
      timings: { queue_ms: 0, prefill_ms: 20, prompt_tokens: 21, output_tokens: 3 },
    });
  });

  it('have seeds that follow each other, and ids that begin with that of the answer', async () => {
    const generate = vi.spyOn(shared.engine, 'generate');
    const answer = await shared.post(chatPath, chat('hi', { n: 3, seed: 2 ** 32 - 2 }));
    const { id } = answer.json<{ id: string }>();
    const specs = generate.mock.calls.map(([spec]) => [spec.id, spec.sampling.seed]);
    expect(specs).toEqual([
      [id, 2 ** 32 - 2],
      [`${id}-1`, 2 ** 32 - 1],
      [`${id}-2`, 0],
    ]);
    generate.mockRestore();
  });

  it.each([
    ['texts', ['one', 'two words'], ['one', 'two words']],
    ['lists of tokens', [[104, 105], [72]], ['hi', 'H']],
  ])('of a completion may have prompts of their own: %s', async (_, prompt, texts) => {
    const answer = await shared.post(textPath, { prompt });
    expect(answer.json<unknown>()).toMatchObject({
      choices: texts.map((text, index) => ({ index, text, finish_reason: 'stop' })),
      usage: { prompt_tokens: texts.join('').length },
    });
  });

  it('of several prompts follow each other', async () => {
    const answer = await shared.post(textPath, { prompt: ['a', 'b'], n: 2, best_of: 2 });
    expect(answer.json<unknown>()).toMatchObject({
      choices: ['a', 'a', 'b', 'b'].map((text, index) => ({ index, text })),
      usage: { prompt_tokens: 2, completion_tokens: 4 },
    });
  });

  it.each([
    [{ prompt: 'one two' }, ['one twoone two']],
    [{ prompt: [104, 105] }, ['hihi']],
    [{ prompt: ['a', [98]].slice(0, 1), n: 2 }, ['aa', 'aa']],
    [{ prompt: [[97], [98]] }, ['aa', 'bb']],
  ])('begin with their prompt if it is to be echoed: %j', async (body, texts) => {
    const answer = await shared.post(textPath, { ...body, echo: true });
    expect(answer.json<{ choices: Choice[] }>().choices.map(({ text }) => text)).toEqual(texts);
    const client = await openStream(shared.app, { ...body, echo: true }, {}, textPath);
    const choices = choicesIn(await shared.flyUntil(client.finished()));
    expect(texts.map((_, index) => textOf(choices, index))).toEqual(texts);
  });

  it.each([true, false])('cannot have a prompt of tokens that there are not, with "echo": %j', async (echo) => {
    const answer = await shared.post(textPath, { prompt: [97, 999_999_999], echo });
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { error: { param: 'prompt' } }]);
    expect(answer.body).toContain('999999999 is not a token');
  });

  it('are counted before they are made into requests', async () => {
    const prompt = Array.from({ length: 1000 }, () => 'a');
    const answer = await shared.ask(textPath, { prompt, echo: true, logprobs: 1, suffix: 'b' });
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { error: { param: 'prompt' } }]);
  });

  it('are not asked for the texts of prompts before they are refused', async () => {
    const { ask, engine } = await testApp({ queue: { maxConcurrency: 2, maxQueue: 4 } });
    const detokenize = vi.spyOn(engine, 'detokenize');
    const prompt = Array.from({ length: 1000 }, () => [97]);
    const answer = await ask(textPath, { prompt, echo: true, max_tokens: 1 });
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { error: { param: 'prompt' } }]);
    expect(detokenize).not.toHaveBeenCalled();
  });

  it('wait where there is no place for all of them, and the answer when all have ended', async () => {
    const { ask, flyUntil, inference } = await testApp({ queue: { maxConcurrency: 2 } });
    const running = ask(chatPath, chat('hi'));
    await until(() => inference.running === 1);
    const answering = ask(chatPath, chat('hi', { n: 2, max_tokens: 1 }));
    await until(() => inference.waiting === 1);
    expect(inference.running).toBe(2);
    const [, answer] = await flyUntil(Promise.all([running, answering]));
    expect(answer.json<{ choices: unknown[] }>().choices).toHaveLength(2);
  });

  it('are refused together when there is no place for all of them', async () => {
    const { ask, inference } = await testApp({ queue: { maxConcurrency: 2, maxQueue: 0 } });
    void ask(chatPath, chat('hi'));
    await until(() => inference.running === 1);
    const answer = await ask(chatPath, chat('hi', { n: 2 }));
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('1');
    expect(inference.running).toBe(1);
  });

  it('fail together, and the others end', async () => {
    const engine = new ScriptedEngine();
    const { ask, inference } = await testApp({ makeEngine: () => engine });
    const answering = ask(chatPath, chat('hi', { n: 2 }));
    await until(() => inference.running === 2);
    engine.fail('engine_failed', 'The batch did not fit.');
    const answer = await answering;
    expect(answer.statusCode).toBe(500);
    expect(inference.running).toBe(0);
  });
});

describe('a stream of several choices', () => {
  it('has the choices as they come, each with its end, and one end mark', async () => {
    const body = { ...chat('a b c', { n: 2 }), stream_options: { include_usage: true } };
    const client = await openStream(shared.app, body);
    const sent = await shared.flyUntil(client.finished());
    const choices = choicesIn(sent);
    expect([textOf(choices, 0), textOf(choices, 1)]).toEqual(['a b c', 'a b c']);
    expect(choices.map(({ index }) => index)).toEqual([0, 0, 1, 1, 0, 1, 0, 1, 0, 1]);
    expect(choices.filter(({ delta }) => delta?.role === 'assistant').map(({ index }) => index)).toEqual([0, 1]);
    expect(choices.filter((choice) => choice.finish_reason !== null).map(({ index }) => index)).toEqual([0, 1]);
    expect(sent.split('[DONE]')).toHaveLength(2);
    const usages = parseStream(sent).filter((part) => part.type === 'data' && 'usage' in part.data);
    expect(usages).toMatchObject([{ data: { choices: [], usage: { completion_tokens: 6, prompt_tokens: 24 } } }]);
  });

  it('goes on when one has ended', async () => {
    const client = await openStream(shared.app, { prompt: ['a', 'b c d'] }, {}, textPath);
    const choices = choicesIn(await shared.flyUntil(client.finished()));
    expect([textOf(choices, 0), textOf(choices, 1)]).toEqual(['a', 'b c d']);
    expect(choices.findIndex(({ index, finish_reason: reason }) => index === 0 && reason === 'stop')).toBeLessThan(
      choices.length - 2,
    );
  });

  it('loses nothing when its client reads slowly', async () => {
    const engine = new ScriptedEngine();
    const { app, inference } = await testApp({ makeEngine: () => engine, server: { writeTimeoutMs: 0 } });
    const client = await openStream(app, chat('hi', { n: 2 }));
    await until(() => inference.running === 2);
    engine.say('first ');
    await client.arrived('first');
    client.pause();
    const paragraph = 'x'.repeat(1_000_000);
    for (let round = 0; round < 10; round += 1) engine.say(`${round} ${paragraph} `);
    engine.end('last');
    client.resume();
    const choices = choicesIn(await client.finished());
    const expected = `first ${Array.from({ length: 10 }, (_, round) => `${round} ${paragraph} `).join('')}last`;
    expect(textOf(choices, 0) === expected && textOf(choices, 1) === expected).toBe(true);
    expect(choices.filter(({ finish_reason: reason }) => reason === 'stop').map(({ index }) => index)).toEqual([0, 1]);
  });

  it('ends all of them when its client leaves', async () => {
    const { app, inference, log } = await testApp({ engine: { reply: 'long' }, queue: { maxConcurrency: 2 } });
    const client = await openStream(app, { prompt: ['a', 'b', 'c'], max_tokens: 4000 }, {}, textPath);
    await until(() => inference.running === 2 && inference.waiting === 1);
    client.leave();
    await until(() => inference.running === 0 && inference.waiting === 0);
    const outcomes = log.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
    expect(outcomes.toSorted()).toEqual(['cancelled_running', 'cancelled_running', 'cancelled_waiting']);
  });

  it('ends the others when one waits for too long', async () => {
    const engine = new ScriptedEngine();
    const queue = { maxConcurrency: 2, queueTimeoutMs: 5000 };
    const { app, clock, inference } = await testApp({ makeEngine: () => engine, queue });
    const client = await openStream(app, { prompt: ['a', 'b', 'c'] }, {}, textPath);
    await until(() => inference.running === 2 && inference.waiting === 1);
    clock.advance(5000);
    expect(await client.finished()).toContain('queue_timeout');
    await until(() => inference.running === 0);
    // Nothing is sent any more, not even to keep the connection alive.
    clock.advance(60_000);
  });

  it('ends with the error when one fails', async () => {
    const engine = new ScriptedEngine();
    const { app, inference } = await testApp({ makeEngine: () => engine });
    const client = await openStream(app, chat('hi', { n: 2 }));
    await until(() => inference.running === 2);
    engine.say('well');
    engine.fail('engine_failed', 'The batch did not fit.');
    const body = await client.finished();
    expect(body.split('engine_failed')).toHaveLength(2);
    expect(body.split('[DONE]')).toHaveLength(2);
    expect(inference.running).toBe(0);
  });

  it('tells the place of the first in the queue', async () => {
    const { app, ask, flyUntil, inference } = await testApp({ queue: { maxConcurrency: 2 } });
    const others = [ask(chatPath, chat('hi')), ask(chatPath, chat('hi'))];
    await until(() => inference.running === 2);
    const client = await openStream(app, chat('hi', { n: 2, stream_options: { include_queue: true } }));
    await client.arrived(': queued position=1');
    const sent = await flyUntil(client.finished());
    expect(sent).not.toContain('position=2');
    await flyUntil(Promise.all(others));
  });
});

describe('counting the tokens of a chat', () => {
  it('answers as the Responses API does, without generating anything', async () => {
    const generate = vi.spyOn(shared.engine, 'generate');
    const answer = await shared.ask(`${chatPath}/input_tokens`, chat('hi', { model: 'mock', stream: true }));
    expect(answer.json<unknown>()).toEqual({ object: 'response.input_tokens', input_tokens: 21 });
    expect(generate).not.toHaveBeenCalled();
    generate.mockRestore();
  });

  it('counts a prompt that would not fit', async () => {
    const { ask } = await testApp({ engine: { context: 64 } });
    const answer = await ask(`${chatPath}/input_tokens`, chat('x'.repeat(100)));
    expect(answer.json<unknown>()).toMatchObject({ input_tokens: 119 });
  });

  it.each([
    [chat('hi', { model: 'other' }), 404],
    [chat('hi', { temperature: 'hot' }), 400],
    [{ messages: [] }, 400],
  ])('refuses %j', async (body, status) => {
    const answer = await shared.ask(`${chatPath}/input_tokens`, body);
    expect(answer.statusCode).toBe(status);
  });
});
