import { describe, expect, it } from 'vitest';
import { linesApp, loadMs } from '../../../support/lines-app.js';

const headers = { 'x-chatstream-resume': 'tokens' };
const messages = [{ role: 'user', content: 'one two three four five six' }];
const asking: readonly [string, object][] = [
  ['/v1/chat/completions', { messages }],
  ['/v1/chat/completions', { messages, n: 2 }],
  ['/v1/completions', { prompt: 'one two three four five six' }],
  ['/v1/messages', { messages, max_tokens: 100 }],
  ['/v1/responses', { input: 'one two three four five six' }],
];
const engine = { reply: 'echo' } as const;
const models = ['chat', 'code'];

interface Resume {
  readonly answer: string;
  readonly tokens: readonly number[];
  readonly state?: string;
}

/** What another server, which has loaded the model, has come to after four records of tokens. */
async function begun(path: string, body: object): Promise<Resume> {
  const { post } = await linesApp({ models, engine });
  const response = await post(path, body, headers);
  const records = [...response.body.matchAll(/^: tokens ([\d,]+)(?: (.+))?$/gm)].slice(0, 4);
  const state = records.findLast(([, , text]) => text !== undefined)?.[2];
  return {
    answer: String(response.headers['x-chatstream-resume']),
    tokens: records.flatMap(([, numbers = '']) => numbers.split(',').map(Number)),
    ...(state !== undefined && { state }),
  };
}

describe('a stream that is resumed on a server that has never loaded its model', () => {
  it.each(asking)('waits until it is loaded, and goes on: %s %j', async (path, asked) => {
    const body = { ...asked, model: 'code', stream: true };
    const resume = await begun(path, body);
    const { post, clock } = await linesApp({ models, engine, maxLoaded: 1 });
    const startedMs = clock.now();
    const resumed = await post(path, { ...body, resume }, headers);
    expect(resumed.statusCode, resumed.body).toBe(200);
    expect(clock.now() - startedMs).toBeGreaterThanOrEqual(loadMs);
    expect(resumed.headers['x-chatstream-resume']).toBe(resume.answer);
    expect(resumed.body).toContain('six');
    expect(resumed.body).not.toContain('"one "');
    expect(resumed.body).not.toContain('"error":{');
  });

  it.each<[string, (resume: Resume) => object, string]>([
    [
      'another model',
      ({ answer, ...others }) => ({ ...others, answer: renamed(answer, 'fp_other') }),
      'begun by another model',
    ],
    [
      'more tokens than its context has',
      (resume) => ({ ...resume, tokens: Array<number>(100_000).fill(1) }),
      'leaves no room',
    ],
  ])('is refused when it turns out to be of %s', async (_what, change, message) => {
    const body = { messages, model: 'code', stream: true, max_tokens: 200_000 };
    const resume = change(await begun('/v1/chat/completions', body));
    const { post } = await linesApp({ models, engine, maxLoaded: 1 });
    const refused = await post('/v1/chat/completions', { ...body, resume }, headers);
    expect(refused.body).toContain('"code":"invalid_request"');
    expect(refused.body).toContain(message);
    expect(refused.body).not.toContain('"content"');
  });
});

function renamed(answer: string, fingerprint: string): string {
  const [id, created, model] = JSON.parse(Buffer.from(answer, 'base64url').toString()) as readonly unknown[];
  return Buffer.from(JSON.stringify([id, created, model, fingerprint])).toString('base64url');
}
