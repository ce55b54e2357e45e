import { describe, expect, it } from 'vitest';
import type { RequestOutcome } from '../../../../../src/core/bench/client/outcome.js';
import type { AnswerForm, Endpoint } from '../../../../../src/core/measurement/workload/endpoints.js';
import { eventStream, outcomeOf } from '../client-setup.js';

const json = ['Content-Type: application/json'];

/** The outcome of a request that is answered with these events, in the form of the endpoint. */
async function streamed(endpoint: Endpoint, ...events: readonly object[]): Promise<RequestOutcome> {
  const form: AnswerForm = { endpoint, streaming: true };
  const data = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return await outcomeOf((exchange) => exchange.answer('200 OK', eventStream, data.join('')), { form });
}

async function whole(endpoint: Endpoint, body: unknown, status = '200 OK'): Promise<RequestOutcome> {
  const form: AnswerForm = { endpoint, streaming: false };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return await outcomeOf((exchange) => exchange.answer(status, json, text), { form });
}

const timings = { queue_ms: 12, prefill_ms: 3 };
const serverTimings = { source: 'measured', queueMs: 12, prefillMs: 3 };

const responsesDelta = (type: string, delta: string): object => ({ type: `response.${type}.delta`, delta });
const responsesUsage = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 2 },
};

describe('a stream of the Responses API', () => {
  it('counts deltas of text, reasoning and arguments, and ends with its usage and timings', async () => {
    const outcome = await streamed(
      'responses',
      { type: 'response.created', response: { status: 'in_progress', error: null } },
      responsesDelta('reasoning_text', 'hm'),
      responsesDelta('output_text', 'Hello'),
      responsesDelta('output_text', ''),
      responsesDelta('function_call_arguments', '{}'),
      { type: 'response.output_text.done', text: 'Hello' },
      { type: 'response.completed', response: { status: 'completed', error: null, usage: responsesUsage, timings } },
    );
    expect(outcome).toMatchObject({
      status: 'completed',
      ...{ tokenChunks: 3, promptTokens: 9, outputTokens: 7, unseenReasoning: 0, serverTimings },
      cachedTokens: { tokens: 4, source: 'usage' },
    });
  });

  it('is complete if it ends at its limit', async () => {
    const response = {
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: responsesUsage,
    };
    const end = { type: 'response.incomplete', response };
    expect(await streamed('responses', responsesDelta('output_text', 'a'), end)).toMatchObject({ status: 'completed' });
  });

  it.each([
    ['failed', 'server_error', [responsesDelta('output_text', 'a')], 'response.failed'],
    ['refused', 'rate_limit_exceeded', [], 'response.failed'],
    ['failed', 'server_error', [], 'error'],
  ])('is %s with %s', async (status, code, before, type) => {
    const error = { code, message: 'Sorry.' };
    const last = type === 'error' ? { type, ...error } : { type, response: { status: 'failed', error } };
    expect(await streamed('responses', ...before, last)).toMatchObject({ status, code, message: 'Sorry.' });
  });

  it('says that it stopped in the middle', async () => {
    const outcome = await streamed('responses', responsesDelta('output_text', 'a'));
    expect(outcome).toMatchObject({ status: 'failed', code: 'incomplete_stream' });
  });
});

const messagesDelta = (delta: object): object => ({ type: 'content_block_delta', index: 0, delta });

describe('a stream of the Messages API', () => {
  it('counts text, thinking and inputs of tools, and puts its usage together', async () => {
    const outcome = await streamed(
      'messages',
      {
        type: 'message_start',
        message: {
          usage: { input_tokens: 5, cache_read_input_tokens: 3, cache_creation_input_tokens: 2, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      messagesDelta({ type: 'thinking_delta', thinking: 'hm' }),
      messagesDelta({ type: 'signature_delta', signature: 'xyz' }),
      messagesDelta({ type: 'text_delta', text: 'Hello' }),
      messagesDelta({ type: 'text_delta', text: ' again' }),
      messagesDelta({ type: 'input_json_delta', partial_json: '{"a":' }),
      { type: 'ping' },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 6 }, timings },
      { type: 'message_stop' },
    );
    expect(outcome).toMatchObject({
      status: 'completed',
      ...{ tokenChunks: 4, promptTokens: 10, outputTokens: 6, serverTimings },
      cachedTokens: { tokens: 3, source: 'usage' },
    });
  });

  it.each([
    ['refused', 'overloaded_error', []],
    ['failed', 'overloaded_error', [messagesDelta({ type: 'text_delta', text: 'a' })]],
    ['failed', 'api_error', []],
  ])('is %s by the event error with %s', async (status, type, before) => {
    const error = { type: 'error', error: { type, message: 'Sorry.' } };
    expect(await streamed('messages', ...before, error)).toMatchObject({ status, code: type, message: 'Sorry.' });
  });

  it('is refused by the status 529 as well', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const outcome = await whole('messages', error, '529 Overloaded');
    expect(outcome).toMatchObject({ status: 'refused', message: 'Overloaded' });
  });

  it('says so if it is one of another API', async () => {
    const outcome = await streamed('messages', { choices: [{ delta: { content: 'Hi' } }] });
    expect(outcome).toMatchObject({ status: 'failed', code: 'unknown_format' });
  });
});

describe('a whole answer', () => {
  const chatUsage = { prompt_tokens: 9, completion_tokens: 7 };
  const called = { tool_calls: [{ function: { name: 'f', arguments: '{}' } }] };
  it.each<[string, Endpoint, object]>([
    [
      'of chat',
      'chat',
      { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }], usage: chatUsage, timings },
    ],
    ['that calls a tool', 'chat', { choices: [{ message: called }], usage: chatUsage, timings }],
    [
      'of completions',
      'completions',
      { choices: [{ text: 'Hi', finish_reason: 'length' }], usage: chatUsage, timings },
    ],
    [
      'of responses',
      'responses',
      {
        status: 'completed',
        error: null,
        output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }],
        ...{ usage: responsesUsage, timings },
      },
    ],
    [
      'of messages',
      'messages',
      {
        content: [{ type: 'text', text: 'Hi' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 9, output_tokens: 7 },
        timings,
      },
    ],
  ])('%s has tokens and the wait, but no first token', async (_name, endpoint, body) => {
    const outcome = await whole(endpoint, body);
    expect(outcome).toMatchObject({
      status: 'completed',
      isWhole: true,
      promptTokens: 9,
      outputTokens: 7,
      serverTimings,
    });
  });

  it.each([[[0.5, 0.25]], ['AAAA']])('of embeddings is %j, with prompt tokens only', async (embedding) => {
    const body = { data: [{ embedding }], usage: { prompt_tokens: 9, total_tokens: 9, completion_tokens: 0 }, timings };
    const outcome = await whole('embeddings', body);
    expect(outcome).toMatchObject({
      status: 'completed',
      isWhole: true,
      promptTokens: 9,
      outputTokens: null,
      serverTimings,
    });
  });

  it.each<[string, Endpoint, unknown, object]>([
    ['an error', 'chat', { error: { message: 'No.', code: 'no' } }, { code: 'no', message: 'No.' }],
    [
      'a failed response',
      'responses',
      { status: 'failed', output: [], error: { code: 'bad', message: 'No.' } },
      { code: 'bad' },
    ],
    ['nothing', 'messages', { content: [], stop_reason: 'end_turn' }, { code: 'no_tokens' }],
    ['no vector', 'embeddings', { data: [] }, { code: 'no_tokens' }],
    ['something else', 'messages', { hello: 1 }, { code: 'unknown_format' }],
    ['no JSON', 'chat', '<html>', { code: 'malformed_answer' }],
    ['a stream', 'chat', 'data: {}\n\n', { code: 'not_whole' }],
  ])('that is %s has failed', async (_name, endpoint, body, expected) => {
    expect(await whole(endpoint, body)).toMatchObject({ status: 'failed', ...expected });
  });
});

describe('the server behind a server', () => {
  const stream = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
  const named = (header: readonly string[], text: string): Promise<RequestOutcome> =>
    outcomeOf((exchange) => exchange.answer('200 OK', [...eventStream, ...header], text));

  it('is named by a header, or later by a comment', async () => {
    const header = ['x-chatstream-executor: gpu1'];
    expect(await named(header, stream)).toMatchObject({ executor: 'gpu1' });
    expect(await named(header, `: executor gpu2\n\n${stream}`)).toMatchObject({ executor: 'gpu2' });
    expect(await named([], `: queued, place 3\n\n${stream}`)).not.toHaveProperty('executor');
  });

  it('reports a wait of its own, to which that in front of it has to be added', async () => {
    const end = { choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }], timings };
    const text = `data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`;
    const outcome = await named(['x-chatstream-executor: gpu1'], text);
    expect(outcome).toMatchObject({ serverTimings: { source: 'derived', promptMs: 3 } });
  });

  it('is not one of its own engines, which its timings name: these know the whole wait', async () => {
    const end = {
      choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }],
      timings: { ...timings, executor: 'local-2' },
    };
    const text = `data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`;
    expect(await named([], text)).toMatchObject({ executor: 'local-2', serverTimings: { source: 'measured' } });
    const behind = await named(['x-chatstream-executor: gpu1'], text);
    expect(behind).toMatchObject({ executor: 'gpu1', serverTimings: { source: 'derived' } });
  });

  it('nor where the answer is one body', async () => {
    const body = { choices: [{ message: { content: 'Hi' } }], timings: { ...timings, executor: 'local-2' } };
    expect(await whole('chat', body)).toMatchObject({ executor: 'local-2', serverTimings: { source: 'measured' } });
  });
});
