import { describe, expect, it } from 'vitest';
import { chat, testApp } from '../../../support/app.js';

const path = '/v1/chat/completions';

async function answeredModel(aliases: readonly string[], model: string | null | undefined): Promise<unknown> {
  const { post } = await testApp({ server: { aliases } });
  const answer = await post(path, chat('hi', { max_tokens: 1, model }));
  return answer.json<{ model?: string; error?: { message: string } }>().model ?? answer.json<unknown>();
}

describe('the model of a request', () => {
  it.each(['mock', 'mock.gguf', 'gpt-4o', 'team/large'])(
    'may be called %s, and the answer calls it so',
    async (name) => {
      expect(await answeredModel(['gpt-4o', 'team/large'], name)).toBe(name);
    },
  );

  it('may be called anything if an alias is *', async () => {
    expect(await answeredModel(['*'], 'claude-opus')).toBe('claude-opus');
  });

  it.each([undefined, null, ''])('is called by its first name if the request says %s', async (name) => {
    expect(await answeredModel(['*', 'gpt-4o', 'b'], name)).toBe('gpt-4o');
    expect(await answeredModel(['*'], name)).toBe('mock');
  });

  it('is not found under another name, and the error names the first', async () => {
    expect(await answeredModel(['gpt-4o'], 'gpt-4')).toMatchObject({
      error: {
        message: 'The model "gpt-4" is not served here. Ask for "gpt-4o", or leave the model out.',
        code: 'model_not_found',
        param: 'model',
      },
    });
  });
});
