import { pythonCalls } from '../calls/python-calls.js';

/**
 * Olmo 3: templates with `<function_calls>`. Calls are lines of Python, and values may also be JSON.
 *
 *     <function_calls>get_weather(city="Oslo", days=3)
 *     add(a=1, b=2)</function_calls>
 */
export const olmo3 = pythonCalls({
  name: 'olmo3',
  begin: '<function_calls>',
  end: '</function_calls>',
  layout: 'lines',
});
