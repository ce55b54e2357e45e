import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';

/**
 * Hermes 2 and 3, Qwen 2.5 and 3, Granite 4, Bielik, MiMo, Reka and many others, whose templates contain `<tool_call>`.
 *
 *     <tool_call>
 *     {"name": "get_weather", "arguments": {"city": "Oslo"}}
 *     </tool_call>
 */
export const hermes = jsonCalls({
  name: 'hermes',
  marks: ['<tool_call>', '</tool_call>'],
  opens: ['<tool_call>'],
  close: '</tool_call>',
  layout: 'each',
  call: callObject({ nameKey: 'name', argumentsKey: 'arguments' }),
});
