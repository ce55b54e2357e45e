import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../support/app.js';

const path = '/v1/responses';
const tools = [{ type: 'function', name: 'now', parameters: { type: 'object', properties: {} } }];

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.close());

async function refused(body: object): Promise<{ readonly status: number; readonly error: unknown }> {
  const answer = await app.post(path, body);
  return { status: answer.statusCode, error: answer.json<{ error: unknown }>().error };
}

describe('what is wrong with a request for a response', () => {
  it.each([
    ['input', {}],
    ['input', { input: [] }],
    ['messages', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['background', { input: 'Hi', background: true }],
    ['prompt', { input: 'Hi', prompt: { id: 'pmpt_1' } }],
    ['top_logprobs', { input: 'Hi', top_logprobs: 3 }],
    ['include', { input: 'Hi', include: ['message.output_text.logprobs'] }],
    ['context_management', { input: 'Hi', context_management: [{ type: 'compaction' }] }],
    ['max_output_tokens', { input: 'Hi', max_output_tokens: 0 }],
    ['metadata.a', { input: 'Hi', metadata: { a: 1 } }],
    ['truncation', { input: 'Hi', truncation: 'middle' }],
    ['reasoning.effort', { input: 'Hi', reasoning: { effort: 'huge' } }],
    ['text.format.schema', { input: 'Hi', text: { format: { type: 'json_schema', name: 'a' } } }],
    ['text.format', { input: 'Hi', text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' } } } }],
    ['tools.0.type', { input: 'Hi', tools: [{ type: 'web_search' }] }],
    ['tools.0.type', { input: 'Hi', tools: [{ type: 'custom', name: 'f' }] }],
    ['tools.0.name', { input: 'Hi', tools: [{ type: 'function' }] }],
    ['tools.1.name', { input: 'Hi', tools: [...tools, ...tools] }],
    ['tool_choice', { input: 'Hi', tools, tool_choice: { type: 'web_search' } }],
    ['tool_choice', { input: 'Hi', tools, tool_choice: { type: 'function', name: 'other' } }],
    ['previous_response_id', { input: 'Hi', conversation: 'conv_1', previous_response_id: 'resp_1' }],
  ])('is named: %s', async (param, body) => {
    expect(await refused(body)).toMatchObject({ status: 400, error: { param, type: 'invalid_request_error' } });
  });

  it('is that it asks for another model', async () => {
    expect(await refused({ input: 'Hi', model: 'gpt-5' })).toMatchObject({ status: 404, error: { param: 'model' } });
  });
});
