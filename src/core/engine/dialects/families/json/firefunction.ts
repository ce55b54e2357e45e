import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';

/**
 * Firefunction 2 and Phi-4 mini, whose prompts contain `functools[`. The template of Phi-4 mini does not; it contains
 * `<|tool|>` and `<|/tool|>`.
 *
 *     functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]
 */
export const firefunction = jsonCalls({
  name: 'functools',
  marks: [],
  opens: ['functools['],
  close: '',
  layout: 'list',
  call: callObject({ nameKey: 'name', argumentsKey: 'arguments' }),
});
