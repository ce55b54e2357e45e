import { describe, expect, it } from 'vitest';
import { feedbackLines } from '../../../src/core/watch/feedback-lines.js';
import { testApp } from '../../support/app.js';
import { listen } from '../../support/stream-client.js';

const options = { headers: {}, trust: { ca: null, insecure: false }, patienceMs: 20_000 };

async function linesOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of feedbackLines(url, { ...options, headers })) lines.push(line);
  return lines;
}

describe('the feedback of a server', () => {
  it('is read page by page, a line each', async () => {
    const made = await testApp();
    const url = `http://127.0.0.1:${await listen(made.app)}`;
    expect(await linesOf(url)).toEqual([]);
    const ids = Array.from({ length: 230 }, (_, index) => `answer-${index}`);
    for (const id of ids) await made.ask('/v1/feedback', { response_id: id, like: true });
    const lines = await linesOf(url);
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject(
      ids.map((id) => ({ response_id: id, like: true })),
    );
  });

  it('is not given to everybody', async () => {
    const { app } = await testApp({ server: { apiKeys: ['secret'] } });
    const url = `http://127.0.0.1:${await listen(app)}`;
    await expect(linesOf(url)).rejects.toThrow('This server needs an API key.');
    expect(await linesOf(url, { authorization: 'Bearer secret' })).toEqual([]);
  });
});
