import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import type { AnswerPart } from '../../../../src/core/engine/dialects/answer.js';
import type { AnswerReason } from '../../../../src/core/inference/request.js';
import type { AnswerEncoder } from '../../../../src/core/server/protocol/answer-encoder.js';
import { MessagesEncoder } from '../../../../src/core/server/protocol/messages/messages-encoder.js';
import { calledTools } from '../../../../src/core/server/protocol/responses/items/namespaces.js';
import { ResponseEncoder } from '../../../../src/core/server/protocol/responses/response-encoder.js';
import { responseFields } from '../../../../src/core/server/protocol/responses/response-fields.js';
import { type NamedEvent, namedEvents } from '../../../support/named-events.js';
import { checkedMessage } from '../../../support/protocols/messages-stream.js';
import { checkedResponse } from '../../../support/protocols/response-stream.js';

const counts = { promptTokens: 7, cachedTokens: 5 };
const timings = { queueMs: 1, prefillMs: 2, decodeMs: 3, ...counts, outputTokens: 10, reasoningTokens: 1 };
const failure = new ChatstreamError('engine_failed', 'The engine failed.');

const said: readonly AnswerPart[] = [
  { type: 'content', text: 'Hel' },
  { type: 'content', text: 'lo' },
];
const thought: readonly AnswerPart[] = [
  { type: 'reasoning', text: 'Hm' },
  { type: 'reasoning', text: 'm.' },
];
const called: readonly AnswerPart[] = [
  { type: 'call', index: 0, id: 'call_0', name: 'f' },
  { type: 'arguments', index: 0, text: '{"a":' },
  { type: 'arguments', index: 0, text: '1}' },
  { type: 'call', index: 1, id: 'call_1', name: 'g' },
  { type: 'arguments', index: 1, text: '{}' },
];

const patched: readonly AnswerPart[] = [
  { type: 'call', index: 0, id: 'call_0', name: 'patch' },
  { type: 'arguments', index: 0, text: '{"input": "a\\' },
  { type: 'arguments', index: 0, text: 'n\\u00e9"}' },
];

/** How a stream ends; `error` for a failure. */
interface Ending {
  readonly reason: AnswerReason | 'error';
  readonly stopText?: string;
}

async function record(
  encoder: AnswerEncoder,
  parts: readonly AnswerPart[],
  { reason, stopText }: Ending,
): Promise<NamedEvent['data'][]> {
  const body = [encoder.opening(counts), ...parts.map((part) => encoder.parts([part]))];
  body.push(reason === 'error' ? encoder.failure(failure) : await encoder.closing(reason, timings, stopText ?? null));
  return namedEvents(body.join('')).map(({ type, data }) => {
    expect(data['type']).toBe(type);
    return data;
  });
}

function responseEncoder(): ResponseEncoder {
  const key = 'a'.repeat(48);
  const fields = responseFields({ input: 'Hi' }, { id: `resp_${key}`, createdAt: 1, model: 'm' });
  return new ResponseEncoder({
    fields,
    key,
    names: calledTools([{ type: 'custom', name: 'patch' }]),
    sealsThoughts: false,
    onEnded: (response) => Promise.resolve(response),
    onStopped: () => undefined,
  });
}

const customThenFunctions = ['custom_tool_call', 'function_call', 'function_call'];

describe('a recorded response fits what OpenAI publishes', () => {
  it.each([
    ['text', said, 'stop', 'completed', ['message']],
    ['nothing', [], 'stop', 'completed', ['message']],
    ['calls', called, 'tool_calls', 'completed', ['function_call', 'function_call']],
    [
      'a thought, text and calls',
      [...thought, ...said, ...called],
      'tool_calls',
      'completed',
      ['reasoning', 'message', 'function_call', 'function_call'],
    ],
    ['a custom tool and a function', [...patched, ...called], 'tool_calls', 'completed', customThenFunctions],
    ['a custom tool that is cut off', patched.slice(0, 2), 'length', 'incomplete', ['custom_tool_call']],
    ['text that is cut off', said, 'length', 'incomplete', ['message']],
    ['a thought that is cut off', thought, 'length', 'incomplete', ['reasoning']],
    ['a failure before anything', [], 'error', 'failed', []],
    ['a failure within text', [...thought, ...said], 'error', 'failed', ['reasoning', 'message']],
  ] as const)('with %s', async (_, parts, reason, status, types) => {
    const response = checkedResponse(await record(responseEncoder(), parts, { reason }));
    expect(response.status).toBe(status);
    expect(response.output.map(({ type }) => type)).toEqual(types);
  });
});

describe('the checks of recorded streams', () => {
  it('miss neither an event that is lost nor one that comes twice', async () => {
    const response = await record(responseEncoder(), [...said, ...called], { reason: 'tool_calls' });
    for (const index of response.keys()) expect(() => checkedResponse(response.toSpliced(index, 1))).toThrow();
    const message = await record(messagesEncoder(), [...said, ...called], { reason: 'tool_calls' });
    for (const [index, event] of message.entries()) {
      // A lost delta is not noticed: nothing repeats its text. Pings mean nothing.
      if (event['type'] === 'ping') continue;
      if (event['type'] !== 'content_block_delta') expect(() => checkedMessage(message.toSpliced(index, 1))).toThrow();
      if (event['type'] !== 'content_block_delta')
        expect(() => checkedMessage([...message.slice(0, index + 1), ...message.slice(index)])).toThrow();
    }
  });
});

function messagesEncoder(): MessagesEncoder {
  const head = {
    id: 'msg_1',
    model: 'm',
    requestId: 'r-1',
    maxTokens: 10,
    stopSequences: ['END'],
    showsThoughts: true,
  };
  return new MessagesEncoder(head);
}

describe('a recorded message fits what Anthropic publishes', () => {
  const text = { type: 'text', text: 'Hello' };
  const thinking = { type: 'thinking', text: 'Hmm.' };
  const uses = [
    { type: 'tool_use', text: '{"a":1}' },
    { type: 'tool_use', text: '{}' },
  ];

  it.each([
    ['text', said, { reason: 'stop' }, [text], 'end_turn'],
    ['uses of tools', called, { reason: 'tool_calls' }, uses, 'tool_use'],
    [
      'a thought, text and tools',
      [...thought, ...said, ...called],
      { reason: 'tool_calls' },
      [thinking, text, ...uses],
      'tool_use',
    ],
    ['text that is cut off', said, { reason: 'length' }, [text], 'max_tokens'],
    ['a stop sequence', said, { reason: 'stop', stopText: 'END' }, [text], 'stop_sequence'],
    ['an error within text', said, { reason: 'error' }, [text], null],
    ['an error before anything', [], { reason: 'error' }, [], null],
  ] as const)('with %s', async (_, parts, ending, blocks, stopReason) => {
    const message = checkedMessage(await record(messagesEncoder(), parts, ending));
    expect(message).toEqual({ blocks, stopReason, error: ending.reason === 'error' ? 'api_error' : null });
  });
});
