import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wordToken } from '../../../../src/core/engine/mock/vocabulary.js';
import type { ChatLogprobs, TextLogprobs } from '../../../../src/core/server/schemas/shared/logprobs.js';
import { chat, createTestApp, type TestApp } from '../../../support/app.js';
import { openStream } from '../../../support/stream-client.js';
import { parseStream } from '../../../support/stream-parts.js';

const chatPath = '/v1/chat/completions';
const textPath = '/v1/completions';

interface Choice<T> {
  readonly index: number;
  readonly text?: string;
  readonly message?: { readonly content: string };
  readonly logprobs: T | null;
}

let shared: TestApp;
beforeAll(async () => {
  shared = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(() => shared.close());

async function whole<T>(path: string, body: object): Promise<readonly Choice<T>[]> {
  return (await shared.post(path, body)).json<{ choices: Choice<T>[] }>().choices;
}

async function streamed<T>(path: string, body: object): Promise<readonly Choice<T>[]> {
  const client = await openStream(shared.app, body, {}, path);
  const parts = parseStream(await shared.flyUntil(client.finished()));
  return parts.flatMap((part) => (part.type === 'data' ? ((part.data['choices'] ?? []) as Choice<T>[]) : []));
}

async function refusal(path: string, body: object): Promise<unknown> {
  const answer = await shared.ask(path, body);
  return [answer.statusCode, answer.json<{ error: { param: string } }>().error.param];
}

function entry(token: string, rank: number): object {
  return { token, logprob: -(rank + 1), bytes: [...Buffer.from(token)] };
}

describe('the probabilities of a chat', () => {
  it('are listed for each token, with the likeliest ones', async () => {
    const [choice] = await whole<ChatLogprobs>(chatPath, chat('é is', { seed: 1, logprobs: true, top_logprobs: 2 }));
    expect(choice?.logprobs).toEqual({
      content: [
        { ...entry('é ', 1), top_logprobs: [entry('#0', 0), entry('é ', 1)] },
        { ...entry('is', 2), top_logprobs: [entry('#0', 0), entry('#1', 1)] },
      ],
      refusal: null,
    });
  });

  it('have no other tokens if none are asked for', async () => {
    const [choice] = await whole<ChatLogprobs>(chatPath, chat('hi', { seed: 0, logprobs: true }));
    expect(choice?.logprobs?.content).toEqual([{ ...entry('hi', 0), top_logprobs: [] }]);
  });

  it.each([1, 3])('are streamed with their texts: %d choices', async (n) => {
    const body = chat('one two three', { seed: 4, n, logprobs: true, top_logprobs: 5, stop: 'thr' });
    const answers = await whole<ChatLogprobs>(chatPath, body);
    const chunks = await streamed<ChatLogprobs>(chatPath, { ...body, stream: true });
    for (const { index, message, logprobs } of answers) {
      const ofChoice = chunks.filter((chunk) => chunk.index === index);
      expect(ofChoice.flatMap((chunk) => chunk.logprobs?.content ?? [])).toEqual(logprobs?.content);
      expect(logprobs?.content.map(({ token }) => token).join('')).toBe(message?.content);
    }
    expect(answers).toHaveLength(n);
  });

  it.each([
    ['top_logprobs', { top_logprobs: 2 }],
    ['top_logprobs', { logprobs: false, top_logprobs: 2 }],
    ['top_logprobs', { logprobs: true, top_logprobs: 21 }],
    ['logprobs', { logprobs: 3 }],
  ])('are refused where it is unclear what is wanted: %s %j', async (param, body) => {
    expect(await refusal(chatPath, chat('hi', body))).toEqual([400, param]);
  });
});

describe('the probabilities of a completion', () => {
  const body = { prompt: '🙂 b c', seed: 0, logprobs: 2 };

  it('are lists of tokens, with their places in the text in characters', async () => {
    const [choice] = await whole<TextLogprobs>(textPath, body);
    expect(choice?.logprobs).toEqual({
      tokens: ['🙂 ', 'b ', 'c'],
      token_logprobs: [-1, -2, -3],
      top_logprobs: [
        { '🙂 ': -1, '#1': -2 },
        { '#0': -1, 'b ': -2 },
        { '#0': -1, '#1': -2, c: -3 },
      ],
      text_offset: [0, 2, 4],
    });
  });

  it('are streamed as the same lists in pieces', async () => {
    const [choice] = await whole<TextLogprobs>(textPath, body);
    const chunks = await streamed<TextLogprobs>(textPath, { ...body, stream: true });
    const lists = chunks.flatMap(({ logprobs }) => logprobs ?? []);
    expect(lists).toHaveLength(3);
    expect(lists.flatMap((list) => list.tokens)).toEqual(choice?.logprobs?.tokens);
    expect(lists.flatMap((list) => list.text_offset)).toEqual(choice?.logprobs?.text_offset);
  });

  it('have only the token itself with 0', async () => {
    const [choice] = await whole<TextLogprobs>(textPath, { ...body, prompt: 'x', logprobs: 0 });
    expect(choice?.logprobs?.top_logprobs).toEqual([{ x: -1 }]);
  });

  it.each([
    ['suffix', { logprobs: 1, echo: true, suffix: 'y' }],
    ['logprobs', { logprobs: 21 }],
    ['logprobs', { logprobs: true }],
  ])('are refused where they cannot be had: %s %j', async (param, wrong) => {
    expect(await refusal(textPath, { prompt: 'x', ...wrong })).toEqual([400, param]);
  });
});

describe('an echo with probabilities', () => {
  const body = { prompt: '🙂b', echo: true, logprobs: 1, seed: 0, max_tokens: 1 };

  it('begins with those of the prompt, of which the first token has none', async () => {
    const [choice] = await whole<TextLogprobs>(textPath, body);
    expect(choice?.text).toBe('🙂b🙂b');
    expect(choice?.logprobs).toEqual({
      tokens: ['🙂', 'b', '🙂b'],
      token_logprobs: [null, -2, -1],
      top_logprobs: [null, { '#0': -1, b: -2 }, { '🙂b': -1 }],
      text_offset: [0, 1, 2],
    });
  });

  it('ends with the token that ends the text, as evaluations drop the last one', async () => {
    const ending = { ...body, stop_token_ids: [wordToken(0)] };
    const [choice] = await whole<TextLogprobs>(textPath, ending);
    expect(choice?.text).toBe('🙂b');
    expect(choice?.logprobs).toMatchObject({ tokens: ['🙂', 'b', '🙂b'], text_offset: [0, 1, 2] });
    const chunks = await streamed<TextLogprobs>(textPath, { ...ending, stream: true });
    expect(chunks.flatMap(({ logprobs }) => logprobs?.tokens ?? [])).toEqual(choice?.logprobs?.tokens);
    const [plain] = await whole<TextLogprobs>(textPath, { ...ending, echo: false });
    expect(plain?.logprobs?.tokens).toEqual([]);
  });

  it('is streamed as one chunk with the prompt, and the answer after it', async () => {
    const prompts = ['ab', 'cd'];
    const wholes = await whole<TextLogprobs>(textPath, { ...body, prompt: prompts });
    const chunks = await streamed<TextLogprobs>(textPath, { ...body, prompt: prompts, stream: true });
    for (const { index, text, logprobs } of wholes) {
      const ofChoice = chunks.filter((chunk) => chunk.index === index);
      expect(ofChoice[0]?.text).toBe(prompts[index]);
      expect(ofChoice.map((chunk) => chunk.text).join('')).toBe(text);
      const lists = ofChoice.flatMap((chunk) => chunk.logprobs ?? []);
      expect(lists.flatMap(({ tokens }) => tokens)).toEqual(logprobs?.tokens);
      expect(lists.flatMap((list) => list.token_logprobs)).toEqual(logprobs?.token_logprobs);
      expect(lists.flatMap((list) => list.text_offset)).toEqual(logprobs?.text_offset);
    }
  });

  it.each([
    ['with', { logprobs: 0 }, [null, -2]],
    ['without', {}, undefined],
  ])('can be all of an answer, %s probabilities', async (_, wanted, expected) => {
    const answer = await shared.post(textPath, { prompt: [97, 98], echo: true, max_tokens: 0, seed: 0, ...wanted });
    const { choices, usage } = answer.json<{
      choices: (Choice<TextLogprobs> & { finish_reason: string })[];
      usage: object;
    }>();
    expect(choices).toMatchObject([{ text: 'ab', finish_reason: 'length' }]);
    expect(choices[0]?.logprobs?.token_logprobs).toEqual(expected);
    expect(usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 0 });
  });

  it('does not count the prompt where candidates are compared', async () => {
    const choices = await whole<TextLogprobs>(textPath, { ...body, prompt: 'ab', best_of: 3 });
    expect(choices.map(({ logprobs }) => logprobs?.token_logprobs)).toEqual([[null, -2, -1]]);
  });

  it('does not count the token that ends the text where candidates are compared', async () => {
    const ending = { ...body, seed: 4, best_of: 3, stop_token_ids: [wordToken(0)] };
    const [choice] = await whole<TextLogprobs>(textPath, ending);
    expect(choice?.logprobs?.token_logprobs.at(-1)).toBe(-5);
  });

  it('is refused if it would be too large', async () => {
    const large = await createTestApp({ engine: { context: 20_000 } });
    const answer = await large.post(textPath, { ...body, prompt: 'x'.repeat(10_000), logprobs: 20 });
    expect([answer.statusCode, answer.json<unknown>()]).toMatchObject([400, { error: { param: 'logprobs' } }]);
    await large.close();
  });
});

describe('probabilities that are asked for in the way of another API', () => {
  it.each([
    [
      textPath,
      { prompt: 'x', logprobs: true },
      '"logprobs" must be a whole number or false, not true. Completions take a number',
    ],
    [
      chatPath,
      chat('x', { logprobs: 5 }),
      '"logprobs" must be true or false, not 5. Completions take a number, 0 to 20; chats take',
    ],
  ])('are refused with what to write instead: %s %j', async (path, wrong, message) => {
    const answer = await shared.ask(path, wrong);
    expect(answer.json<{ error: { message: string } }>().error.message).toContain(message);
  });
});

describe('best_of', () => {
  it('returns the answers whose tokens are the likeliest, the best first', async () => {
    const body = { prompt: ['a b', 'c d'], seed: 3, n: 2, best_of: 4, logprobs: 0 };
    // The seeds 3 to 6 have the ranks 3 4, 4 0, 0 1 and 1 2.
    const expected = [
      [-1, -2],
      [-2, -3],
    ];
    const choices = await whole<TextLogprobs>(textPath, body);
    expect(choices.map(({ index, text }) => [index, text])).toEqual(
      ['a b', 'a b', 'c d', 'c d'].map((text, index) => [index, text]),
    );
    expect(choices.map(({ logprobs }) => logprobs?.token_logprobs)).toEqual([...expected, ...expected]);
  });

  it('counts the tokens of all of them, and shows no probabilities that were not asked for', async () => {
    const answer = await shared.post(textPath, { prompt: 'a b', best_of: 3 });
    expect(answer.json<unknown>()).toMatchObject({
      choices: [{ index: 0, text: 'a b', logprobs: null }],
      usage: { prompt_tokens: 3, completion_tokens: 6 },
    });
  });

  it.each([
    ['best_of', { n: 2, best_of: 1 }],
    ['best_of', { best_of: 2, stream: true }],
    ['best_of', { best_of: 5 }],
    ['n', { n: 5, best_of: 5 }],
  ])('is refused where it cannot be done: %s %j', async (param, wrong) => {
    expect(await refusal(textPath, { prompt: 'x', ...wrong })).toEqual([400, param]);
  });
});
