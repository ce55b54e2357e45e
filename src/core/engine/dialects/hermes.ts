import { jsonCalls } from './json-calls.js';

/**
 * Hermes 2 and 3, Qwen 2.5 and 3, Granite 4 and many others.
 *
 *     <tool_call>
 *     {"name": "get_weather", "arguments": {"city": "Oslo"}}
 *     </tool_call>
 */
export const hermes = jsonCalls({
  name: 'hermes',
  marks: ['<tool_call>', '</tool_call>'],
  open: '<tool_call>',
  close: '</tool_call>',
  isList: false,
  nameKey: 'name',
  argumentsKey: 'arguments',
});
