import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(() => app.close());

const url = 'data:image/png;base64,AAAA';
const note = '[image omitted: this model reads text only]';

type Message = Readonly<Record<string, unknown>>;

interface Api {
  readonly path: string;
  readonly body: (messages: readonly Message[]) => object;
  readonly image: object;
  /** A question that comes with an image. */
  readonly picture: (image: object) => Message;
  /** A tool was called, and its result has an image. */
  readonly viewed: (image: object) => readonly Message[];
  readonly param: string;
}

const call = { id: 'call_1', type: 'function', function: { name: 'view_image', arguments: '{}' } };

/** Images as each API has them. */
const apis: Readonly<Record<string, Api>> = {
  'chat completions': {
    path: '/v1/chat/completions',
    body: (messages) => ({ messages }),
    image: { type: 'image_url', image_url: { url } },
    picture: (image) => ({ role: 'user', content: [{ type: 'text', text: 'What is this? ' }, image] }),
    viewed: (image) => [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: [image] },
    ],
    param: 'messages.0.content',
  },
  responses: {
    path: '/v1/responses',
    body: (input) => ({ input }),
    image: { type: 'input_image', image_url: url, detail: 'auto' },
    picture: (image) => ({ role: 'user', content: [{ type: 'input_text', text: 'What is this? ' }, image] }),
    viewed: (image) => [
      { type: 'function_call', call_id: 'call_1', name: 'view_image', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: [image] },
    ],
    param: 'input.0.content',
  },
  messages: {
    path: '/v1/messages',
    body: (messages) => ({ messages, max_tokens: 50 }),
    image: { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
    picture: (image) => ({ role: 'user', content: [{ type: 'text', text: 'What is this? ' }, image] }),
    viewed: (image) => [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'view_image', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: [image] }] },
    ],
    param: 'messages.0.content.1',
  },
};

describe.each(Object.entries(apis))('an image in %s', (_, { path, body, image, picture, viewed, param }) => {
  const text = { type: path === '/v1/responses' ? 'input_text' : 'text', text: note };
  const promptTokens = async (messages: readonly Message[]): Promise<unknown> => {
    const answer = await app.post(path, body(messages));
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<{ timings: { prompt_tokens: number } }>().timings.prompt_tokens;
  };

  it('that is asked about in the message before the last is refused', async () => {
    const answer = await app.post(path, body([picture(image), { role: 'user', content: 'Well?' }]));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(param);
  });

  it('that is asked about is refused', async () => {
    const answer = await app.post(path, body([picture(image)]));
    expect([answer.statusCode, answer.json<unknown>()]).toMatchObject([
      400,
      { error: { message: expect.any(String) as string } },
    ]);
    expect(answer.body).toContain(param);
    expect(answer.body).toContain('The model reads text only.');
  });

  it('in the result of a tool is a note to the model', async () => {
    const hello = { role: 'user', content: 'Hi' };
    expect(await promptTokens([hello, ...viewed(image)])).toBe(await promptTokens([hello, ...viewed(text)]));
  });

  it('in an earlier message is a note to the model', async () => {
    const later = [
      { role: 'assistant', content: 'I cannot see it.' },
      { role: 'user', content: 'Never mind.' },
    ];
    expect(await promptTokens([picture(image), ...later])).toBe(await promptTokens([picture(text), ...later]));
  });
});
