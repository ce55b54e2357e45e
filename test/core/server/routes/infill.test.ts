import { describe, expect, it } from 'vitest';
import { testApp } from '../../../support/app.js';

interface Answer {
  readonly choices: readonly { readonly text: string }[];
  readonly usage: { readonly prompt_tokens: number };
}

describe('a completion with a suffix', () => {
  it.each([
    ['a text', 'abc'],
    ['tokens', [97, 98, 99]],
  ])('reads both sides of the gap, with %s before it', async (_what, prompt) => {
    const { post } = await testApp();
    const response = await post('/v1/completions', { prompt, suffix: 'yz', max_tokens: 2, echo: true });
    expect(response.statusCode).toBe(200);
    const { choices, usage } = response.json<Answer>();
    expect(usage.prompt_tokens).toBe(5);
    expect(choices[0]?.text).toBe('abc1 2');
  });

  it('is one without it if the suffix is empty', async () => {
    const { post } = await testApp();
    const { usage } = (await post('/v1/completions', { prompt: 'abc', suffix: '', max_tokens: 2 })).json<Answer>();
    expect(usage.prompt_tokens).toBe(3);
  });
});
