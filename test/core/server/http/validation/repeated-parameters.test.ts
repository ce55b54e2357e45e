import { describe, expect, it } from 'vitest';
import { testApp } from '../../../../support/app.js';

describe('a parameter of a query that comes twice', () => {
  it.each([
    ['/v1/usage', 'hours', '1', '2'],
    ['/v1/usage', 'key', 'a', 'b'],
    ['/v1/responses/resp_1', 'stream', 'true', 'true'],
    ['/v1/responses/resp_1/input_items', 'order', 'asc', 'desc'],
    ['/v1/feedback', 'limit', '1', '1'],
  ])('of %s is refused in plain words: %s', async (path, param, one, other) => {
    const { get } = await testApp();
    const answer = await get(`${path}?${param}=${one}&${param}=${other}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({
      error: { message: `"${param}" is given more than once. Give it once.`, param, code: 'invalid_request' },
    });
  });
});
