import { describe, expect, it } from 'vitest';
import { chatDialect } from '../../../../../src/core/engine/dialects/templates/chat-dialect.js';
import type { PromptSource } from '../../../../../src/core/engine/engine.js';
import { renderChat } from '../../../../../src/core/engine/llama/prompt/render-chat.js';
import { template } from './harness.js';
import { templates } from './templates.js';

type Chat = Omit<Extract<PromptSource, { type: 'chat' }>, 'type'>;

async function rendered(source: string, chat: Chat): Promise<string> {
  const { text } = await renderChat(template(source), chatDialect(source), { type: 'chat', ...chat });
  return text;
}

const user = (content: string) => ({ role: 'user', content }) as const;
const tool = { type: 'function', function: { name: 'now', parameters: { type: 'object' } } };
const call = { id: 'a', type: 'function', function: { name: 'now', arguments: { zone: 'UTC' } } };

describe('a chat with tools', () => {
  it('has them in a message if the template has no place for them', async () => {
    const text = await rendered(templates.plain, { messages: [user('When?')], tools: [tool] });
    expect(text).toMatch(/^<\|im_start\|>system\nYou can call functions/);
    expect(text).toContain(JSON.stringify(tool.function));
  });

  it('has them in the message of the user if the template also refuses system messages', async () => {
    const source = `{% if messages[0].role == 'system' %}{{ raise_exception('No system.') }}{% endif %}${templates.plain}`;
    const text = await rendered(source, { messages: [user('When?')], tools: [tool] });
    expect(text).toMatch(/^<\|im_start\|>user\nWhen\?\n\nYou can call functions/);
  });

  it('has earlier calls and results as text there, even without tools', async () => {
    const messages = [
      user('When?'),
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: '12:00', tool_call_id: 'a' },
    ] as const;
    const text = await rendered(templates.plain, { messages });
    expect(text).toContain('assistant\n<tool_call>\n{"name":"now","arguments":{"zone":"UTC"}}\n</tool_call><|im_end|>');
    expect(text).toContain('user\n<tool_response>\n12:00\n</tool_response><|im_end|>');
  });

  it('has them where the template wants them', async () => {
    const source = '{{ tools | tojson if tools else "none" }}<tool_call>{{ messages[0].content }}';
    expect(await rendered(source, { messages: [user('Hi')], tools: [tool] })).toBe(
      '[{"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}]<tool_call>Hi',
    );
  });

  it('has them as a text of JSON for templates that want functions', async () => {
    const source = '{{ functions }} functools[{{ messages[0].content }}';
    expect(await rendered(source, { messages: [user('Hi')], tools: [tool] })).toBe(
      `${JSON.stringify([tool.function])} functools[Hi`,
    );
  });
});

describe('an effort', () => {
  it.each([
    ['none', '{{ enable_thinking }}', 'False'],
    ['high', '{{ enable_thinking }}', 'True'],
    ['minimal', "{% if reasoning_effort not in ['low', 'high'] %}{% endif %}{{ reasoning_effort }}", 'low'],
    ['high', '{{ messages[0].content }}', 'Hi'],
  ] as const)('of %s is a variable that the template knows: %s', async (reasoningEffort, source, text) => {
    expect(await rendered(source, { messages: [user('Hi')], reasoningEffort })).toBe(text);
  });

  it('is a word in the last message of the user where there is no variable', async () => {
    const source = "{% if '/no_think' in messages[0].content %}off: {% endif %}{{ messages[0].content }}";
    expect(await rendered(source, { messages: [user('Hi')], reasoningEffort: 'none' })).toBe('off: Hi /no_think');
    expect(await rendered(source, { messages: [user('Hi')], reasoningEffort: 'high' })).toBe('Hi');
  });

  it('does not override the variables of the request', async () => {
    const chat = { messages: [user('Hi')], reasoningEffort: 'none', arguments: { enable_thinking: true } } as const;
    expect(await rendered('{{ enable_thinking }}', chat)).toBe('True');
  });
});

describe('an earlier thought', () => {
  it.each(['reasoning_content', 'thinking', 'reasoning'])('is given to the template as %s', async (name) => {
    const answer = { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.' } as const;
    const messages = [user('Hi'), answer, user('Bye')];
    expect(await rendered(`{% for m in messages %}{{ m.${name} or '' }}{% endfor %}`, { messages })).toBe('Hm.');
  });
});
