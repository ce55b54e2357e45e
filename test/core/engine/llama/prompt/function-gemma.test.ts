import { expect, it } from 'vitest';
import { chatDialect } from '../../../../../src/core/engine/dialects/templates/chat-dialect.js';
import { renderChat } from '../../../../../src/core/engine/llama/prompt/render-chat.js';
import { chatSource } from '../../../../../src/core/server/protocol/requests/chat-source.js';
import { requestedTools } from '../../../../../src/core/server/protocol/requests/tool-requests.js';
import type { ChatCompletionRequest } from '../../../../../src/core/server/schemas/completions/completion-requests.js';
import { template } from './harness.js';

/** A template of our own that writes prompts as Google documents them for FunctionGemma. */
const source = [
  '{%- macro literal(value) -%}',
  '{%- if value is string -%}{{ "<escape>" ~ value ~ "<escape>" }}',
  '{%- elif value is mapping -%}{{ "{" }}',
  '{%- for key, member in value | dictsort -%}{{ key ~ ":" }}{{ literal(member) }}{{ "," if not loop.last }}{%- endfor -%}',
  '{{ "}" }}{%- else -%}{{ value }}{%- endif -%}',
  '{%- endmacro -%}',
  '{%- if tools -%}{{ "<start_of_turn>developer\\n" ~ messages[0].content }}',
  '{%- for tool in tools -%}{{ "<start_function_declaration>declaration:" ~ tool.function.name }}',
  '{{- literal({"description": tool.function.description}) }}{{ "<end_function_declaration>" }}{%- endfor -%}',
  '{{ "<end_of_turn>\\n" }}{%- endif -%}',
  '{%- for message in messages[1:] -%}',
  "{%- if message.role == 'tool' -%}",
  '{{ "<start_function_response>response:" ~ message.name ~ literal({"value": message.content}) ~ "<end_function_response>" }}',
  '{%- else -%}{{ "<start_of_turn>" ~ ("model" if message.role == "assistant" else message.role) ~ "\\n" ~ message.content }}',
  '{%- for call in message.tool_calls or [] -%}',
  '{{ "<start_function_call>call:" ~ call.function.name }}{{ literal(call.function.arguments) }}{{ "<end_function_call>" }}',
  '{%- endfor -%}',
  '{{ "<end_of_turn>\\n" if not message.tool_calls }}{%- endif -%}',
  '{%- endfor -%}',
].join('\n');

const weather = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather of a city.', parameters: { type: 'object' } },
};

it('renders tools, calls and results in the notation of the model, with the names of the called functions', async () => {
  const called = { name: 'get_weather', arguments: '{"city":"Oslo","days":3}' };
  const body: ChatCompletionRequest = {
    messages: [
      { role: 'system', content: 'You can call functions.' },
      { role: 'user', content: 'Rain?' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: called }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'dry' },
    ],
    tools: [weather],
  };
  const chat = chatSource(body, requestedTools(body), { effort: undefined, maxTokens: null });
  expect(chatDialect(source).hasTools).toBe(true);
  const { text } = await renderChat(template(source), chatDialect(source), chat);
  expect(text).toBe(
    '<start_of_turn>developer\nYou can call functions.' +
      '<start_function_declaration>declaration:get_weather{description:<escape>The weather of a city.<escape>}' +
      '<end_function_declaration><end_of_turn>\n' +
      '<start_of_turn>user\nRain?<end_of_turn>\n' +
      '<start_of_turn>model\n<start_function_call>call:get_weather{city:<escape>Oslo<escape>,days:3}<end_function_call>' +
      '<start_function_response>response:get_weather{value:<escape>dry<escape>}<end_function_response>',
  );
});
