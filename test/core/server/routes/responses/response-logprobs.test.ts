import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResponseObject } from '../../../../../src/core/server/schemas/responses/response-answers.js';
import { createTestApp, type TestApp } from '../../../../support/app.js';
import { namedEvents } from '../../../../support/named-events.js';
import { openStream } from '../../../../support/stream-client.js';

const path = '/v1/responses';
const body = { input: 'one two', seed: 0, include: ['message.output_text.logprobs'], top_logprobs: 1 };

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(() => app.close());

function entry(token: string, rank: number): object {
  return { token, logprob: -(rank + 1), bytes: [...Buffer.from(token)] };
}

const tokens = [
  { ...entry('one ', 0), top_logprobs: [entry('one ', 0)] },
  { ...entry('two', 1), top_logprobs: [entry('#0', 0)] },
];

function withoutBytes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, each: unknown) => (name === 'bytes' ? undefined : each)));
}

describe('the probabilities of a response', () => {
  it('are in its message, and in the stored one', async () => {
    const response = (await app.post(path, body)).json<ResponseObject>();
    const content = [{ type: 'output_text', text: 'one two', logprobs: tokens }];
    expect(response).toMatchObject({ top_logprobs: 1, output: [{ type: 'message', content }] });
    expect((await app.get(`${path}/${response.id}`)).json<unknown>()).toMatchObject({ output: [{ content }] });
  });

  it('are streamed with the text', async () => {
    const client = await openStream(app.app, { ...body, stream: true }, {}, path);
    const events = namedEvents(await app.flyUntil(client.finished()));
    const deltas = events.flatMap(({ type, data }) => (type === 'response.output_text.delta' ? [data] : []));
    expect(deltas.map((delta) => delta['logprobs'])).toEqual(tokens.map((token) => [withoutBytes(token)]));
    const done = events.find(({ type }) => type === 'response.output_text.done');
    expect(done?.data['logprobs']).toEqual(withoutBytes(tokens));
    expect(events.map(({ data }) => data['sequence_number'])).toEqual(events.map((_, index) => index));
  });
});
