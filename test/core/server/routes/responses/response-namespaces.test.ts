import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResponseObject } from '../../../../../src/core/server/schemas/responses/response-answers.js';
import { createTestApp, type TestApp } from '../../../../support/app.js';
import { type NamedEvent, namedEvents } from '../../../../support/named-events.js';
import { openStream } from '../../../../support/stream-client.js';

const path = '/v1/responses';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(() => app.close());

async function respond(body: object): Promise<ResponseObject> {
  const answer = await app.post(path, body);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<ResponseObject>();
}

async function streamed(body: object): Promise<readonly NamedEvent[]> {
  const client = await openStream(app.app, body, {}, path);
  return namedEvents(await app.flyUntil(client.finished()));
}

describe('functions of a namespace', () => {
  const closing = { type: 'function', name: 'close', parameters: { type: 'object', properties: { id: {} } } };
  const agents = { type: 'namespace', name: 'agents', description: 'Sub-agents.', tools: [closing] };

  it('are called by both names, and their results read', async () => {
    const input = 'agents__close {"id":"a"}';
    const first = await respond({ input, tools: [agents] });
    expect(first.tools).toMatchObject([{ type: 'namespace', name: 'agents', tools: [{ name: 'close' }] }]);
    expect(first.output).toMatchObject([{ type: 'function_call', namespace: 'agents', name: 'close' }]);
    const [call] = first.output;
    const result = {
      type: 'function_call_output',
      call_id: call?.type === 'function_call' && call.call_id,
      output: 'ok',
    };
    const history = [{ role: 'user', content: input }, call, result];
    expect(await respond({ input: history, tools: [agents] })).toMatchObject({ output: [{ type: 'message' }] });
  });

  it('have the names in the events of a stream', async () => {
    const events = await streamed({ input: 'agents__close {"id":"a"}', tools: [agents], stream: true });
    const added = events.find(({ type }) => type === 'response.output_item.added');
    expect(added?.data['item']).toMatchObject({ namespace: 'agents', name: 'close' });
    const done = events.find(({ type }) => type === 'response.function_call_arguments.done');
    expect(done?.data).toMatchObject({ name: 'close', arguments: '{"id":"a"}' });
  });

  it('are named where they are wrong', async () => {
    const tools = [{ ...agents, tools: [closing, { type: 'shell' }] }];
    const answer = await app.post(path, { input: 'Hi', tools });
    expect(answer.json<unknown>()).toMatchObject({ error: { param: 'tools.0.tools.1.type' } });
  });
});
