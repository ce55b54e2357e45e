import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../support/app.js';

describe('tokens', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  it.each([
    ['hé😀', [104, 233, 0x1f600]],
    ['', []],
  ])('of %j are %j', async (content, tokens) => {
    const answer = await shared.ask('/tokenize', { content });
    expect(answer.statusCode).toBe(200);
    expect(answer.json<unknown>()).toEqual({ tokens });
  });

  it('become text again', async () => {
    const answer = await shared.ask('/detokenize', { tokens: [104, 233] });
    expect(answer.json<unknown>()).toEqual({ content: 'hé' });
  });

  it.each([
    ['/tokenize', {}, 'content'],
    ['/tokenize', { content: 5 }, 'content'],
    ['/detokenize', {}, 'tokens'],
    ['/detokenize', { tokens: 'x' }, 'tokens'],
    ['/detokenize', { tokens: [-1] }, 'tokens.0'],
    ['/detokenize', { tokens: [1.5] }, 'tokens.0'],
    ['/detokenize', { tokens: [2_000_000_000] }, 'tokens'],
  ])('%s refuses %j and names %s', async (path, body, param) => {
    const answer = await shared.ask(path, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });
});
