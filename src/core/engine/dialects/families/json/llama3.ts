import { bareCalls } from '../../calls/json/bare-calls.js';

/**
 * Llama 3.1, 3.2 and 3.3, whose templates contain `{"name": function name, "parameters": ` and not `<function=`.
 *
 *     {"name": "get_weather", "parameters": {"city": "Oslo"}}
 *
 * Several calls follow each other, with `; ` or a line end between them. `<|python_tag|>` may come before them.
 */
export const llama3 = bareCalls({
  name: 'llama3',
  marks: ['<|python_tag|>'],
  layout: 'objects',
  argumentsKey: 'parameters',
});
