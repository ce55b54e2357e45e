import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';

/**
 * Granite 3, whose templates contain `<|tool_call|>`. Some of these models write `<tool_call>` instead. Granite 4
 * writes calls like Hermes.
 *
 *     <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]
 */
export const granite = jsonCalls({
  name: 'granite',
  marks: ['<|tool_call|>', '<tool_call>'],
  opens: ['<|tool_call|>', '<tool_call>'],
  close: '',
  layout: 'list',
  call: callObject({ nameKey: 'name', argumentsKey: 'arguments' }),
});
