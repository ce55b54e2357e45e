import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../../src/core/base/errors.js';
import { quotaExceededError, rateLimitedError } from '../../../../../src/core/base/refusals/key-refusals.js';
import { deadlineError, queueTimeoutError } from '../../../../../src/core/base/refusals/queue-refusals.js';
import type { AnswerPart } from '../../../../../src/core/engine/dialects/answer.js';
import type { AnswerReason, Timings } from '../../../../../src/core/inference/request.js';
import { ResponseEncoder } from '../../../../../src/core/server/protocol/responses/response-encoder.js';
import { responseFields } from '../../../../../src/core/server/protocol/responses/response-fields.js';
import type { ResponseObject } from '../../../../../src/core/server/schemas/responses/response-answers.js';
import { type NamedEvent, namedEvents } from '../../../../support/named-events.js';

const key = 'a'.repeat(48);

const timings: Timings = {
  queueMs: 1,
  prefillMs: 2,
  decodeMs: 3,
  promptTokens: 7,
  cachedTokens: 5,
  outputTokens: 4,
  reasoningTokens: 1,
};

const content = (text: string): AnswerPart => ({ type: 'content', text });
const thought = (text: string): AnswerPart => ({ type: 'reasoning', text });
const call = (index: number, name: string): AnswerPart => ({ type: 'call', index, id: `call_${index}`, name });
const args = (index: number, text: string): AnswerPart => ({ type: 'arguments', index, text });

function encoder(more: Partial<ConstructorParameters<typeof ResponseEncoder>[0]> = {}): ResponseEncoder {
  const fields = responseFields({ input: 'Hi' }, { id: `resp_${key}`, createdAt: 1, model: 'm' });
  return new ResponseEncoder({
    fields,
    key,
    names: new Map(),
    sealsThoughts: false,
    onEnded: (response) => Promise.resolve(response),
    onStopped: () => undefined,
    ...more,
  });
}

/** The events of a stream in which each part comes alone. */
async function stream(parts: readonly AnswerPart[], reason: AnswerReason = 'stop'): Promise<readonly NamedEvent[]> {
  const writer = encoder();
  const body = [writer.opening(), ...parts.map((part) => writer.parts([part]))];
  body.push(await writer.closing(reason, timings));
  return namedEvents(body.join(''));
}

const everything = [
  thought('Hm'),
  thought('m.'),
  content('Hel'),
  content('lo'),
  call(0, 'f'),
  args(0, '{"a"'),
  args(0, ':1}'),
];

describe('the events of a response', () => {
  it('come in their order, from the first item to the last', async () => {
    expect((await stream(everything)).map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      ...['output_item.added', 'content_part.added', 'reasoning_text.delta', 'reasoning_text.delta'],
      ...['reasoning_text.done', 'content_part.done', 'output_item.done'],
      ...['output_item.added', 'content_part.added', 'output_text.delta', 'output_text.delta'],
      ...['output_text.done', 'content_part.done', 'output_item.done'],
      ...['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.delta'],
      ...['function_call_arguments.done', 'output_item.done'],
      'completed',
    ]);
  });

  it('are numbered from 0, and named by their type', async () => {
    const events = await stream(everything);
    expect(events.map(({ data }) => data['sequence_number'])).toEqual(events.map((_event, index) => index));
    expect(events.map(({ data }) => data['type'])).toEqual(events.map(({ type }) => type));
  });

  it('say which item they belong to', async () => {
    const places = (await stream(everything)).flatMap(({ data: { item_id: id, output_index: index } }) =>
      id === undefined ? [] : [[id, index]],
    );
    expect([...new Set(places.map((place) => JSON.stringify(place)))]).toEqual([
      JSON.stringify([`rs_${key}b0000`, 0]),
      JSON.stringify([`msg_${key}b0001`, 1]),
      JSON.stringify([`fc_${key}b0002`, 2]),
    ]);
  });

  it('have pieces that make up the whole, which the last ones repeat', async () => {
    const events = await stream(everything);
    const pieces = (type: string): unknown =>
      events.flatMap((event) => (event.type === `response.${type}.delta` ? [event.data['delta']] : [])).join('');
    const whole = (type: string, field: string): unknown =>
      events.find((event) => event.type === `response.${type}.done`)?.data[field];
    expect([pieces('reasoning_text'), pieces('output_text'), pieces('function_call_arguments')]).toEqual([
      'Hmm.',
      'Hello',
      '{"a":1}',
    ]);
    expect(whole('reasoning_text', 'text')).toBe('Hmm.');
    expect(whole('output_text', 'text')).toBe('Hello');
    expect(whole('function_call_arguments', 'arguments')).toBe('{"a":1}');
  });

  it('give calls that follow each other items of their own', async () => {
    const done = (await stream([call(0, 'f'), args(0, '{}'), call(1, 'g'), args(1, '{"b":2}')], 'tool_calls')).filter(
      ({ type }) => type === 'response.output_item.done',
    );
    expect(done.map(({ data }) => data['item'])).toMatchObject([
      { type: 'function_call', call_id: 'call_0', name: 'f', arguments: '{}', status: 'completed' },
      { type: 'function_call', call_id: 'call_1', name: 'g', arguments: '{"b":2}', status: 'completed' },
    ]);
  });

  it('end with an incomplete response if the tokens ran out', async () => {
    const last = (await stream([content('Hel')], 'length')).at(-1);
    expect(last?.type).toBe('response.incomplete');
    expect(last?.data['response']).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ type: 'message', status: 'incomplete', content: [{ text: 'Hel' }] }],
    });
  });

  it('have an empty message if there is nothing', async () => {
    expect((await stream([])).at(-1)?.data['response']).toMatchObject({
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: '' }] }],
    });
  });

  it('end with a failed response, which repeats what there is', () => {
    const writer = encoder();
    const error = new ChatstreamError('engine_failed', 'It broke.', { hint: 'Try again.' });
    const body = writer.opening() + writer.parts([content('Hel')]) + writer.failure(error);
    const events = namedEvents(body);
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      data: {
        sequence_number: events.length - 1,
        response: {
          status: 'failed',
          error: { code: 'server_error', error_code: 'engine_failed', message: 'It broke. Try again.' },
          output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }],
        },
      },
    });
  });

  it('begin as always if a response fails while it waits, with a code that makes clients try again', () => {
    const events = namedEvents(encoder().failure(queueTimeoutError(1000, 4)));
    expect(events.map(({ type }) => type)).toEqual(['response.created', 'response.in_progress', 'response.failed']);
    expect(events.at(-1)?.data['response']).toMatchObject({
      error: { code: 'rate_limit_exceeded', message: expect.stringMatching(/Try again in 4 s/) as string },
    });
  });

  it.each([
    deadlineError(4),
    rateLimitedError('anna', '5 requests per minute', 4),
    quotaExceededError('anna', 5000, 4),
  ])('fail with that code for $code as well, and say which it was', (error) => {
    const last = namedEvents(encoder().failure(error)).at(-1);
    expect(last?.data['response']).toMatchObject({
      error: { code: 'rate_limit_exceeded', error_code: error.code },
    });
  });
});

describe('a whole response', () => {
  const whole = (parts: readonly AnswerPart[], more = {}): Promise<object> =>
    encoder(more).whole(parts, 'stop', timings);

  it('is the same as at the end of a stream', async () => {
    const now = expect.any(Number) as number;
    const streamed = (await stream(everything)).at(-1)?.data['response'];
    expect(await whole(everything)).toEqual({ ...Object(streamed), completed_at: now });
  });

  it('has items, token counts and timings', async () => {
    expect(await whole(everything)).toMatchObject({
      id: `resp_${key}`,
      object: 'response',
      status: 'completed',
      error: null,
      incomplete_details: null,
      output: [
        { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hmm.' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello', annotations: [] }] },
        { type: 'function_call', call_id: 'call_0', name: 'f', arguments: '{"a":1}' },
      ],
      usage: {
        input_tokens: 7,
        input_tokens_details: { cached_tokens: 5 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 1 },
        total_tokens: 11,
      },
      timings: { queue_ms: 1, prefill_ms: 2, decode_ms: 3 },
    });
  });

  it('is handed over when it has ended, and sent as it comes back', async () => {
    const ended: ResponseObject[] = [];
    const onEnded = (response: ResponseObject): Promise<ResponseObject> => {
      ended.push(response);
      return Promise.resolve({ ...response, store: false });
    };
    const body = await whole([content('Hi')], { onEnded });
    expect(ended).toMatchObject([{ store: true }]);
    expect(body).toEqual({ ...ended[0], store: false });
  });

  it('has its thoughts in a form to be sent back, if asked to', async () => {
    expect(await whole([thought('Hm.')], { sealsThoughts: true })).toMatchObject({
      output: [{ encrypted_content: `chatstream.thought.${Buffer.from('Hm.').toString('base64url')}` }],
    });
  });
});
