import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';

/**
 * GigaChat 3, whose template contains `'function call'`, and GigaChat 3.1, whose template contains `<|function_call|>`.
 * They make one call at a time, GigaChat 3 as a message of its own.
 *
 *     function call<|role_sep|>
 *     {"name": "get_weather", "arguments": {"city": "Oslo"}}
 *
 *     <|function_call|>{"name": "get_weather", "arguments": {"city": "Oslo"}}
 *
 * The marks at the ends of messages are left out of the text, as they are not asked for.
 */
export const gigachat = jsonCalls({
  name: 'gigachat',
  marks: ['<|role_sep|>', '<|role_sep|>\n', '<|function_call|>'],
  opens: ['function call<|role_sep|>', '<|function_call|>'],
  close: '',
  layout: 'each',
  call: callObject({ nameKey: 'name', argumentsKey: 'arguments' }),
});
