import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls, type JsonCallsOptions } from '../../calls/json/json-calls.js';

const shared = {
  marks: ['<tool_calls>', '</tool_calls>'],
  opens: ['<tool_calls>'],
  close: '</tool_calls>',
  call: callObject({ nameKey: 'name', argumentsKey: 'arguments' }),
} satisfies Partial<JsonCallsOptions>;

/**
 * Apriel, Hunyuan A13B and Jamba, whose templates contain `<tool_calls>[`, or with white space before the bracket.
 *
 *     <tool_calls>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</tool_calls>
 */
export const toolCallsList = jsonCalls({ name: 'tool-calls-list', layout: 'list', ...shared });

/**
 * MiniMax M1, whose template contains `<tool_calls>` and a line end.
 *
 *     <tool_calls>
 *     {"name": "get_weather", "arguments": {"city": "Oslo"}}
 *     {"name": "add", "arguments": {"a": 1, "b": 2}}
 *     </tool_calls>
 */
export const toolCallsLines = jsonCalls({ name: 'tool-calls-lines', layout: 'lines', ...shared });
