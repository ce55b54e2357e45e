import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResponseObject } from '../../../../../src/core/server/schemas/responses/response-answers.js';
import { createTestApp, type TestApp } from '../../../../support/app.js';
import { namedEvents } from '../../../../support/named-events.js';
import { checkedResponse } from '../../../../support/protocols/response-stream.js';
import { openStream } from '../../../../support/stream-client.js';

const path = '/v1/responses';
const patch = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Edits files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: LINE+' },
};
const ask = 'apply_patch {"input":"*** Begin\\n+é"}';

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

describe('a custom tool', () => {
  it('is called with a text, and its output read', async () => {
    const first = await respond({ input: ask, tools: [patch], tool_choice: { type: 'custom', name: 'apply_patch' } });
    expect(first).toMatchObject({ tools: [patch], tool_choice: { type: 'custom', name: 'apply_patch' } });
    const [call] = first.output;
    expect(call).toMatchObject({ type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin\n+é' });
    const callId = call?.type === 'custom_tool_call' ? call.call_id : '';
    const output = { type: 'custom_tool_call_output', call_id: callId, output: 'Done.' };
    const continued = { input: [output], previous_response_id: first.id, tools: [patch] };
    expect(await respond(continued)).toMatchObject({ output: [{ type: 'message' }] });
    const repeated = { input: [{ role: 'user', content: ask }, call, output], tools: [patch] };
    expect(await respond(repeated)).toMatchObject({ output: [{ type: 'message' }] });
    const items = (await app.get(`${path}/${first.id}/input_items`)).json<{ data: object[] }>();
    expect(items.data).toHaveLength(1);
  });

  it('has events of its own', async () => {
    const client = await openStream(app.app, { input: ask, tools: [patch], stream: true }, {}, path);
    const events = namedEvents(await app.flyUntil(client.finished()));
    const response = checkedResponse(events.map(({ data }) => data));
    expect(response.output).toMatchObject([{ type: 'custom_tool_call', input: '*** Begin\n+é', status: 'completed' }]);
  });

  it('can be one of a namespace', async () => {
    const files = { type: 'namespace', name: 'files', description: '', tools: [{ type: 'custom', name: 'patch' }] };
    const { output } = await respond({ input: 'files__patch {"input":"x"}', tools: [files] });
    expect(output).toMatchObject([{ type: 'custom_tool_call', namespace: 'files', name: 'patch', input: 'x' }]);
  });

  it('is refused with a format that is not known, and tools that nothing here runs are too', async () => {
    for (const [tool, param] of [
      [{ ...patch, format: { type: 'xml' } }, 'tools.0.format'],
      [{ type: 'local_shell' }, 'tools.0.type'],
      [{ type: 'web_search' }, 'tools.0.type'],
    ] as const) {
      const answer = await app.ask(path, { input: 'Hi', tools: [tool] });
      expect([answer.statusCode, answer.json<unknown>()]).toMatchObject([400, { error: { param } }]);
    }
  });
});
