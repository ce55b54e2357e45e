import { describe, expect, it } from 'vitest';
import { testApp } from '../../../../support/app.js';

/** What a server with 4 slots, of which 3 may be used, answers to changes of its limits, one after the other. */
async function patched(...changes: readonly object[]): Promise<readonly unknown[]> {
  const { app, clock } = await testApp({ queue: { maxConcurrency: 3 } });
  const answers: unknown[] = [];
  for (const { passS, ...payload } of changes as readonly { readonly passS?: number }[]) {
    await clock.advanceAsync((passS ?? 0) * 1000);
    const answer = await app.inject({ method: 'PATCH', url: '/v1/queue', payload });
    const { max_concurrency, error } = answer.json<{ max_concurrency?: number; error?: { code: string } }>();
    answers.push(max_concurrency ?? error?.code);
  }
  return answers;
}

const hold = (id: string, seconds: number): object => ({ hold: { id, seconds } });

describe('a hold of max_concurrency', () => {
  it('puts back what was set before it', async () => {
    expect(
      await patched({ max_concurrency: 1, ...hold('a', 60) }, { max_concurrency: 2, ...hold('a', 60) }, hold('a', 0)),
    ).toEqual([1, 2, 3]);
  });

  it('refuses others, whose end of a hold changes nothing', async () => {
    expect(
      await patched(
        { max_concurrency: 1, ...hold('a', 60) },
        { max_concurrency: 2, ...hold('b', 60) },
        hold('b', 0),
        hold('a', 0),
      ),
    ).toEqual([1, 'limits_held', 1, 3]);
  });

  it('ends in time unless it is extended', async () => {
    expect(
      await patched(
        { max_concurrency: 1, ...hold('a', 60) },
        { passS: 59, ...hold('a', 60) },
        { passS: 59, ...hold('b', 60) },
        { passS: 1, ...hold('b', 60) },
      ),
    ).toEqual([1, 1, 'limits_held', 1]);
  });

  it('that ran out leaves what was set before it to the next one, of whomever', async () => {
    for (const id of ['a', 'b']) {
      expect(
        await patched({ max_concurrency: 1, ...hold('a', 60) }, { passS: 61, ...hold(id, 60) }, hold(id, 0)),
      ).toEqual([1, 1, 3]);
    }
  });

  it('refuses an end of others with a limit', async () => {
    expect(
      await patched({ max_concurrency: 1, ...hold('a', 60) }, { max_concurrency: 2, ...hold('b', 0) }, hold('a', 0)),
    ).toEqual([1, 'limits_held', 3]);
  });

  it('ends with a change of others, which stays', async () => {
    expect(
      await patched({ max_concurrency: 1, ...hold('a', 60) }, { max_concurrency: 2 }, hold('a', 0), hold('b', 60)),
    ).toEqual([1, 2, 2, 2]);
  });

  it('does not end with a change of max_queue', async () => {
    expect(await patched({ max_concurrency: 1, ...hold('a', 60) }, { max_queue: 9 }, hold('a', 0))).toEqual([1, 1, 3]);
  });

  it('does not begin with a limit that is refused', async () => {
    expect(
      await patched({ max_concurrency: 9, ...hold('a', 60) }, { max_concurrency: 2, ...hold('b', 60) }, hold('b', 0)),
    ).toEqual(['invalid_request', 2, 3]);
  });

  it('says when it ends at the latest', async () => {
    const { app } = await testApp({});
    await app.inject({ method: 'PATCH', url: '/v1/queue', payload: hold('a', 60) });
    const refused = await app.inject({ method: 'PATCH', url: '/v1/queue', payload: hold('b', 60) });
    expect(refused.statusCode).toBe(409);
    expect(refused.json<{ error: { message: string } }>().error.message).toMatch(/its hold ends in 60 s/);
  });
});
