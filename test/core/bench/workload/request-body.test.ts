import { describe, expect, it } from 'vitest';
import { checkSendable } from '../../../../src/core/bench/workload/plain-text.js';
import { type BodyOptions, ownParametersOf, requestBody } from '../../../../src/core/bench/workload/request-body.js';
import type { Turn } from '../../../../src/core/bench/workload/turn.js';
import { type Endpoint, endpoints } from '../../../../src/core/measurement/workload/endpoints.js';

function bodyOf(turn: Turn, endpoint: Endpoint, more: Partial<BodyOptions> = {}): string {
  const form = { endpoint, streaming: endpoint !== 'embeddings' };
  return requestBody(turn, { form, model: 'm', ignoreEos: true, omitted: [], extraBody: null, ...more });
}

const question = { role: 'user', content: 'Why?' };
const short: Turn = { messages: [{ role: 'system', content: 'Be brief.' }, question], outputTokens: 7 };

const tool = { type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } } };
const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const rich: Turn = {
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'See:' }, image] },
    { role: 'assistant', content: null, ...{ tool_calls: [call] } },
    { role: 'tool', content: 'Nothing.', ...{ tool_call_id: 'c1' } },
  ],
  outputTokens: 7,
  parameters: {
    tools: [tool],
    tool_choice: { type: 'function', function: { name: 'look' } },
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
  },
};

describe('the body of a request', () => {
  it.each<[Endpoint, string]>([
    [
      'chat',
      '{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"}],"max_tokens":7,"temperature":0,"stream":true,"stream_options":{"include_usage":true},"ignore_eos":true}',
    ],
    [
      'completions',
      '{"model":"m","prompt":"Be brief.\\n\\nWhy?","max_tokens":7,"temperature":0,"stream":true,"stream_options":{"include_usage":true},"ignore_eos":true}',
    ],
    [
      'responses',
      '{"model":"m","input":[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"}],"max_output_tokens":7,"temperature":0,"stream":true,"store":false,"ignore_eos":true}',
    ],
    [
      'messages',
      '{"model":"m","system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":"Why?"}],"max_tokens":7,"temperature":0,"stream":true,"ignore_eos":true}',
    ],
    ['embeddings', '{"model":"m","input":"Be brief.\\n\\nWhy?","encoding_format":"float"}'],
  ])('of %s is always the same', (endpoint, body) => {
    expect(bodyOf(short, endpoint)).toBe(body);
  });

  it('translates images, calls and results of tools, and formats for the Responses API', () => {
    expect(JSON.parse(bodyOf(rich, 'responses'))).toMatchObject({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'See:' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
          ],
        },
        { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"at":1}' },
        { type: 'function_call_output', call_id: 'c1', output: 'Nothing.' },
      ],
      tools: [{ type: 'function', name: 'look', parameters: { type: 'object' } }],
      tool_choice: { type: 'function', name: 'look' },
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } } },
    });
  });

  it('translates them for the Messages API', () => {
    expect(JSON.parse(bodyOf(rich, 'messages'))).toMatchObject({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See:' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          ],
        },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'look', input: { at: 1 } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'Nothing.' }] },
      ],
      tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name: 'look' },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    });
  });

  it('leaves out answers without text for the Messages API, which refuses them', () => {
    const empty = ['', ' \n', null].map((content) => ({ role: 'assistant', content }));
    const messages = [question, ...empty, { role: 'assistant', content: 'So.' }, question];
    expect(JSON.parse(bodyOf({ messages, outputTokens: 7 }, 'messages'))).toMatchObject({
      messages: [question, { role: 'assistant', content: 'So.' }, question],
    });
    expect(JSON.parse(bodyOf({ messages, outputTokens: 7 }, 'chat'))).toMatchObject({ messages });
  });

  it.each(endpoints)('of %s has no parameter that is left out', (endpoint) => {
    const own = ownParametersOf(endpoint);
    const body = JSON.parse(bodyOf(short, endpoint)) as object;
    expect(Object.keys(body)).toEqual(expect.arrayContaining([...own]));
    const without = JSON.parse(bodyOf(short, endpoint, { omitted: own })) as object;
    expect(Object.keys(without).filter((name) => own.includes(name))).toEqual([]);
  });

  it('asks for no stream if none is wanted', () => {
    const body = bodyOf(short, 'chat', { form: { endpoint: 'chat', streaming: false } });
    expect(JSON.parse(body)).toMatchObject({ stream: false });
    expect(body).not.toContain('stream_options');
  });
});

describe('checkSendable', () => {
  const file = { conversations: [[short.messages], [rich.messages]], wishes: [] };

  it('refuses prompts with more than text where only text is taken', () => {
    expect(() => {
      checkSendable('completions', file, 'p.jsonl');
    }).toThrow('Prompt 2 of p.jsonl has tools, images or a format, which completions do not take.');
    const wishes = [{ outputTokens: null, parameters: { tools: [tool] } }];
    expect(() => {
      checkSendable('embeddings', { conversations: [[short.messages]], wishes }, 'p.jsonl');
    }).toThrow('Prompt 1');
    checkSendable('messages', file, 'p.jsonl');
  });
});
