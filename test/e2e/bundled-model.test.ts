import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import greedy from '../../models/training/greedy.json' with { type: 'json' };
import { type ServerProcess, startServer } from '../support/server-process.js';

/** What a new user gets from a server without any flags. */
describe('the bundled model', () => {
  let server: ServerProcess;
  let client: OpenAI;

  beforeAll(async () => {
    server = await startServer(['--gpu', 'off', '--threads', '1', '-n', '2']);
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });

  afterAll(async () => {
    expect(await server.stop('SIGTERM')).toBe(0);
  });

  it.each(greedy.map(({ messages: [message], reply }) => [message?.content ?? '', reply] as const))(
    'answers "%s" as its card says, and ends its turn on its own',
    async (content, reply) => {
      const answer = await client.chat.completions.create({
        model: 'bundled',
        messages: [{ role: 'user', content }],
        temperature: 0,
      });
      expect(answer.choices[0]).toMatchObject({ message: { content: reply }, finish_reason: 'stop' });
    },
  );

  it('goes on with a chat without reading its beginning again', async () => {
    const first = { role: 'user' as const, content: 'What is TTFT?' };
    const turn = async (messages: OpenAI.ChatCompletionMessageParam[]): Promise<[string, number]> => {
      const { choices, usage } = await client.chat.completions.create({ model: 'bundled', messages, temperature: 0 });
      return [choices[0]?.message.content ?? '', usage?.prompt_tokens_details?.cached_tokens ?? 0];
    };
    const [content] = await turn([first]);
    const [, cached] = await turn([first, { role: 'assistant', content }, { role: 'user', content: 'Thanks!' }]);
    expect(cached).toBeGreaterThan(content.split(' ').length);
  });
});
