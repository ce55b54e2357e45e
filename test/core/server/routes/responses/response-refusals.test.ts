import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, testApp } from '../../../../support/app.js';

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
    ['top_logprobs', { input: 'Hi', include: ['message.output_text.logprobs'], top_logprobs: 21 }],
    ['logprobs', { input: 'Hi', logprobs: true }],
    ['context_management', { input: 'Hi', context_management: [{ type: 'compaction' }] }],
    ['max_output_tokens', { input: 'Hi', max_output_tokens: 0 }],
    ['metadata.a', { input: 'Hi', metadata: { a: 1 } }],
    ['truncation', { input: 'Hi', truncation: 'middle' }],
    ['reasoning.effort', { input: 'Hi', reasoning: { effort: 'huge' } }],
    ['text.format.schema', { input: 'Hi', text: { format: { type: 'json_schema', name: 'a' } } }],
    ['text.format', { input: 'Hi', text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' } } } }],
    ['tools.0.type', { input: 'Hi', tools: [{ type: 'web_search' }] }],
    ['tools.0.type', { input: 'Hi', tools: [{ type: 'local_shell' }] }],
    ['tools.0.name', { input: 'Hi', tools: [{ type: 'function' }] }],
    ['tools.1.name', { input: 'Hi', tools: [...tools, ...tools] }],
    ['tool_choice', { input: 'Hi', tools, tool_choice: { type: 'web_search' } }],
    ['tool_choice', { input: 'Hi', tools, tool_choice: { type: 'function', name: 'other' } }],
    ['previous_response_id', { input: 'Hi', conversation: 'conv_1', previous_response_id: 'resp_1' }],
  ])('is named: %s', async (param, body) => {
    expect(await refused(body)).toMatchObject({ status: 400, error: { param, type: 'invalid_request_error' } });
  });

  it.each([
    ['compact', 'Responses cannot be compacted.'],
    ['resp_1/cancel', 'Background responses are not supported, so there is nothing to cancel.'],
  ])('is that the server cannot do it: %s', async (action, message) => {
    const answer = await app.post(`${path}/${action}`, { model: 'mock', input: 'Hi' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({
      error: { code: 'invalid_request', message: expect.stringContaining(message) as string },
    });
  });

  it('is that it does not fit, with the numbers that say by how much', async () => {
    const small = await testApp({ engine: { context: 64 } });
    const answer = await small.post(path, { input: 'x'.repeat(100) });
    expect(answer.json<unknown>()).toMatchObject({
      error: {
        code: 'context_length_exceeded',
        param: 'input',
        n_prompt_tokens: expect.any(Number) as number,
        n_ctx: 64,
      },
    });
  });

  it('is that an item is there twice, in the input or in a conversation', async () => {
    const { id, output } = (await app.post(path, { input: 'Hi' })).json<{ id: string; output: { id: string }[] }>();
    const reference = { type: 'item_reference', id: output[0]?.id };
    const wrong = { status: 400, error: { param: 'input.1.id', code: 'invalid_request' } };
    expect(await refused({ input: [reference, reference] })).toMatchObject(wrong);
    const message = { role: 'user', content: 'Hi', id: 'msg_1' };
    expect(await refused({ input: [message, message] })).toMatchObject(wrong);
    expect(await refused({ input: [{ ...message, id: output[0]?.id }, reference] })).toMatchObject(wrong);
    const conversation = await app.post('/v1/conversations', { items: [reference, reference] });
    expect(conversation.json<unknown>()).toMatchObject({ error: { param: 'items.1.id' } });
    expect(await refused({ input: [reference], previous_response_id: id })).toMatchObject({
      status: 400,
      error: { param: 'input.0.id' },
    });
  });

  it('is that it asks for another model', async () => {
    expect(await refused({ input: 'Hi', model: 'gpt-5' })).toMatchObject({ status: 404, error: { param: 'model' } });
  });
});
