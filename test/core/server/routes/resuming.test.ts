import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import type { Timings } from '../../../../src/core/inference/request.js';
import { chat, createTestApp, engineDefaults, type TestApp } from '../../../support/app.js';
import { inProcess } from '../../../support/in-process.js';

const headers = { 'x-chatstream-resume': 'tokens' };
const body = chat('one two three four five six', { stream: true });

let app: TestApp;
let url = '';
beforeAll(async () => {
  const options = { ...engineDefaults, prefillMs: 0, tokenMs: 1, reply: 'echo' } as const;
  app = await createTestApp({ makeEngine: () => inProcess(createMockEngine(options, systemClock)) });
  url = await app.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await app.close();
});

function post(json: object, more: Readonly<Record<string, string>>, path = '/v1/chat/completions'): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...more } };
  return fetch(`${url}${path}`, { ...init, body: JSON.stringify(json) });
}

interface Begun {
  readonly answer: string | null;
  readonly stream: string;
  readonly tokens: readonly number[];
}

async function begun(): Promise<Begun> {
  const response = await post(body, headers);
  const stream = await response.text();
  const records = [...stream.matchAll(/^: tokens ([\d,]*)$/gm)];
  const tokens = records.flatMap(([, ids = '']) => ids.split(',').filter(Boolean).map(Number));
  return { answer: response.headers.get('x-chatstream-resume'), stream, tokens };
}

describe('a stream that another server can go on with', () => {
  it('tells after its events which tokens they are of, and is otherwise as it would be', async () => {
    const { stream, tokens } = await begun();
    expect(tokens).toHaveLength(6);
    expect(stream).toMatch(/"content":"one "[^\n]*\n\n: tokens \d+\n\ndata: [^\n]*"content":"two "/);
    const plain = await post(body, {});
    expect(plain.headers.has('x-chatstream-resume')).toBe(false);
    expect((await plain.text()).split('\n\n')).toHaveLength(
      stream.replaceAll(/^: tokens [\d,]*\n\n/gm, '').split('\n\n').length,
    );
  });

  it('goes on under the same name after the tokens that are known, and counts them', async () => {
    const { answer, tokens, stream } = await begun();
    const resume = { answer, tokens: tokens.slice(0, 4) };
    const options = { stream_options: { include_usage: true } };
    const response = await post({ ...body, ...options, resume }, headers);
    const resumed = await response.text();
    const rest = stream.slice(stream.indexOf('data: ', stream.indexOf('"content":"four "'))).split('\n\n');
    expect(resumed.split('\n\n')[0]).toBe(rest[0]);
    expect(resumed).not.toContain('"role"');
    expect(resumed).toContain('"completion_tokens":6');
    expect(response.headers.get('x-chatstream-resume')).toBe(answer);
  });

  it('counts only its own tokens where they are paid for', async () => {
    const { answer, tokens } = await begun();
    const spent: Timings[] = [];
    const stop = app.inference.events((event) => {
      if (event.type === 'settled') spent.push(event.timings);
    });
    await (await post({ ...body, resume: { answer, tokens: tokens.slice(0, 4) } }, headers)).text();
    stop();
    expect(spent).toMatchObject([{ outputTokens: 2, foreignTokens: 4 }]);
  });

  it.each<[string, object, Readonly<Record<string, string>>, string]>([
    ['without the header', {}, {}, 'resume'],
    ['without a stream', { stream: false }, headers, 'resume'],
    ['with other choices', { n: 2 }, headers, 'resume.tokens'],
    ['after more tokens than it may have', { max_tokens: 3 }, headers, 'resume.tokens'],
    ['of another model', { resume: { answer: other('fp_other'), tokens: [1] } }, headers, 'resume.answer'],
    ['of nothing', { resume: { answer: 'nothing', tokens: [1] } }, headers, 'resume.answer'],
  ])('is refused %s', async (_what, more, sent, param) => {
    const { answer, tokens } = await begun();
    const response = await post({ ...body, resume: { answer, tokens }, ...more }, sent);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it('is refused in the shape of the protocol', async () => {
    const { answer, tokens } = await begun();
    const resume = { answer, tokens };
    const response = await post({ ...body, max_tokens: 9, resume }, {}, '/v1/messages');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { details: { param: 'resume' } } });
  });
});

function other(fingerprint: string): string {
  return Buffer.from(JSON.stringify(['chatcmpl-1', 1, 'mock', fingerprint])).toString('base64url');
}
