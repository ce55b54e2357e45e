import { describe, expect, it } from 'vitest';
import {
  fromMessagesRequest,
  showsThoughts,
} from '../../../../../src/core/server/protocol/messages/messages-requests.js';
import type { MessagesRequest } from '../../../../../src/core/server/schemas/messages/messages-requests.js';

const request = (changes: Partial<MessagesRequest> = {}): ReturnType<typeof fromMessagesRequest> =>
  fromMessagesRequest({ messages: [{ role: 'user', content: 'hello' }], ...changes }, 'msg_1', 512);

const refusal = (changes: object): unknown => {
  try {
    request(changes);
  } catch (error) {
    return error;
  }
  return null;
};

const search = { name: 'search', description: 'Searches.', input_schema: { type: 'object' } };
const now = { name: 'now', input_schema: { type: 'object' } };
const asked = { type: 'tool_use', id: 'call_1', name: 'search', input: {} };

describe('a request of the Messages API', () => {
  it('has the same defaults as a chat', () => {
    expect(request()).toMatchObject({
      id: 'msg_1',
      source: { type: 'chat', messages: [{ role: 'user', content: 'hello' }], ending: 'answer' },
      maxTokens: 512,
      stop: [],
      format: { type: 'text' },
      thoughtTokens: null,
      sampling: { temperature: 0.8, topK: 40 },
    });
  });

  it('has its limits, its sampling and those of other APIs', () => {
    const given = { max_tokens: 7, temperature: 0.1, top_p: 0.2, top_k: 3, min_p: 0.4, seed: 5, min_tokens: 2 };
    expect(request(given)).toMatchObject({
      maxTokens: 7,
      minTokens: 2,
      sampling: { temperature: 0.1, topP: 0.2, topK: 3, minP: 0.4, seed: 5 },
    });
  });

  it('ends at the stop sequences of both APIs', () => {
    expect(request({ stop_sequences: ['a', 'b'], stop: 'c' }).stop).toEqual(['a', 'b', 'c']);
  });

  it('continues an answer that the client has begun', () => {
    const messages = [
      { role: 'user' as const, content: 'JSON!' },
      { role: 'assistant' as const, content: '{' },
    ];
    expect(request({ messages }).source).toMatchObject({ ending: 'continue' });
  });

  it.each([
    [[{ type: 'text', text: 'Let me see.' }, asked]],
    [[asked]],
    // Messages of one role that follow each other are one.
    [[asked], 'Well'],
  ])('does not continue a turn that has called a tool: %j', (...turns) => {
    const said = turns.map((content) => ({ role: 'assistant' as const, content }));
    const messages = [{ role: 'user' as const, content: 'Which?' }, ...said];
    expect(request({ messages }).source).toMatchObject({
      messages: [{}, { tool_calls: [{ function: { name: 'search' } }] }],
      ending: 'answer',
    });
  });

  it('passes variables of the template on', () => {
    expect(request({ chat_template_kwargs: { enable_thinking: true } }).source).toMatchObject({
      arguments: { enable_thinking: true },
    });
    expect(refusal({ chat_template_kwargs: { messages: [] } })).toMatchObject({ param: 'chat_template_kwargs' });
  });
});

describe('tools of the Messages API', () => {
  it('are functions to the template and the grammar', () => {
    const { source, format } = request({ tools: [search, { ...now, type: 'custom', strict: true }] });
    expect(source).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'search', description: 'Searches.', parameters: { type: 'object' } },
        },
        { type: 'function', function: { name: 'now', parameters: { type: 'object' } } },
      ],
    });
    expect(format).toMatchObject({
      type: 'calls',
      demand: {
        tools: [
          { name: 'search', isStrict: false, param: 'tools.0.input_schema' },
          { name: 'now', isStrict: true, param: 'tools.1.input_schema' },
        ],
        isRequired: false,
        isParallel: null,
      },
    });
  });

  it('are named by their places in the request, also where one is left out', () => {
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }, search, now];
    const { source, format } = request({ tools });
    expect(source).toMatchObject({ tools: [{ function: { name: 'search' } }, { function: { name: 'now' } }] });
    expect(format).toMatchObject({
      demand: { tools: [{ param: 'tools.1.input_schema' }, { param: 'tools.2.input_schema' }] },
    });
    expect(refusal({ tools: [...tools, search] })).toMatchObject({ param: 'tools.3.name' });
    expect(refusal({ tools: [tools[0], { name: 'search' }] })).toMatchObject({ param: 'tools.1.input_schema' });
  });

  it('show their examples in their schema', () => {
    const { source } = request({ tools: [{ ...search, input_examples: [{ for: 'x' }] }] });
    expect(source).toMatchObject({ tools: [{ function: { parameters: { examples: [{ for: 'x' }] } } }] });
  });

  it.each([
    [{ type: 'auto' }, { isRequired: false, isParallel: null }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { isRequired: false, isParallel: false },
    ],
    [{ type: 'any' }, { isRequired: true, isParallel: null }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { isRequired: true, isParallel: false },
    ],
    [
      { type: 'tool', name: 'now' },
      { isRequired: true, isParallel: false, tools: [{ name: 'now' }] },
    ],
  ] as const)('are chosen by %j', (choice, demand) => {
    expect(request({ tools: [search, now], tool_choice: choice }).format).toMatchObject({ type: 'calls', demand });
  });

  it('are not shown if none may be called', () => {
    const { source, format } = request({ tools: [search], tool_choice: { type: 'none' } });
    expect(source).not.toHaveProperty('tools');
    expect(format).toEqual({ type: 'text' });
  });

  it.each([
    ['tools.0.type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, /"web_search_20250305"/],
    ['tools.0.input_schema', { tools: [{ name: 'search' }] }, /missing/],
    ['tools.0.name', { tools: [{ input_schema: {} }] }, /missing/],
    ['tool_choice.name', { tools: [search], tool_choice: { type: 'tool' } }, /missing/],
    ['tool_choice', { tools: [search], tool_choice: { type: 'tool', name: 'other' } }, /"other"/],
    ['tool_choice', { tool_choice: { type: 'any' } }, /no tools/],
  ])('are refused by the name of %s', (param, changes, message) => {
    expect(refusal(changes)).toMatchObject({ code: 'invalid_request', param });
    expect(refusal(changes)).toHaveProperty('message', expect.stringMatching(message));
  });
});

describe('thinking in the Messages API', () => {
  it.each([
    [{}, undefined, null],
    [{ thinking: { type: 'disabled' } }, 'none', null],
    [{ thinking: { type: 'between_tools' } }, 'none', null],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, 'none', null],
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, 'on', 2000],
    [{ thinking: { type: 'enabled', budget_tokens: 2000 }, output_config: { effort: 'max' } }, 'xhigh', 2000],
    [{ thinking: { type: 'adaptive' } }, undefined, null],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, 'low', null],
  ] as const)('with %j has the effort %s and the budget %s', (changes, effort, budget) => {
    const { source, thoughtTokens } = request(changes);
    expect(source.type === 'chat' && source.reasoningEffort).toBe(effort);
    expect(thoughtTokens).toBe(budget);
  });

  it.each([1, 100, 1024])('needs max_tokens beyond its budget of %d, unless there are tools', (budget) => {
    const thinking = { type: 'enabled', budget_tokens: budget } as const;
    for (const max_tokens of [budget, budget - 1]) {
      expect(refusal({ thinking, max_tokens })).toMatchObject({
        code: 'invalid_request',
        message: '`max_tokens` must be greater than `thinking.budget_tokens`.',
      });
    }
    expect(refusal({ thinking, max_tokens: budget + 1 })).toBeNull();
    expect(refusal({ thinking, max_tokens: budget, tools: [search] })).toBeNull();
    expect(refusal({ thinking })).toBeNull();
    expect(refusal({ thinking: { ...thinking, type: 'disabled' }, max_tokens: budget })).toBeNull();
  });

  it('names an effort that it does not know', () => {
    expect(refusal({ output_config: { effort: 'huge' } })).toMatchObject({ param: 'output_config.effort' });
  });

  it('can be left out of the answer', () => {
    const messages = [{ role: 'user' as const, content: 'hello' }];
    expect(showsThoughts({ messages })).toBe(true);
    expect(showsThoughts({ messages, thinking: { type: 'adaptive', display: 'summarized' } })).toBe(true);
    expect(showsThoughts({ messages, thinking: { type: 'adaptive', display: 'omitted' } })).toBe(false);
  });
});

describe('output formats of the Messages API', () => {
  const schema = { type: 'object', properties: { a: { type: 'integer' } } };
  const format = { type: 'json_schema', schema } as const;

  it.each([
    ['output_config.format', { output_config: { format } }],
    ['output_format', { output_format: format }],
  ])('are in %s', (param, changes) => {
    expect(request(changes).format).toEqual({ type: 'json_schema', schema, param });
  });

  it('apply to answers that are no calls', () => {
    expect(request({ output_config: { format }, tools: [search] }).format).toMatchObject({
      type: 'calls',
      otherwise: { type: 'json_schema', schema },
    });
  });

  it('may be those of other APIs, but not two of them', () => {
    expect(request({ regex: 'a+' }).format).toMatchObject({ type: 'regex', regex: 'a+' });
    expect(refusal({ regex: 'a+', output_config: { format } })).toMatchObject({ param: 'regex' });
  });
});

describe('what the Messages API has and this server does not', () => {
  it.each([
    ['container', { container: 'c-1' }],
    ['mcp_servers', { mcp_servers: [{ type: 'url' }] }],
    ['thread', { thread: {} }],
    ['output_config.task_budget', { output_config: { task_budget: { type: 'tokens', total: 9 } } }],
    ['context_management.edits.0', { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } }],
    ['n', { n: 2 }],
  ])('is refused by the name of %s', (param, changes) => {
    expect(refusal(changes)).toMatchObject({ code: 'invalid_request', param });
  });

  it('passes where it does not change the answer', () => {
    const ignored = {
      metadata: { user_id: 'u' },
      service_tier: 'auto',
      container: null,
      mcp_servers: [],
      cache_control: { type: 'ephemeral' },
      inference_geo: 'eu',
      speed: 'fast',
      diagnostics: null,
      context_management: { edits: [] },
    };
    expect(refusal(ignored)).toBeNull();
  });
});
