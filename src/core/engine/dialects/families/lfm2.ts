import { pythonCalls } from '../calls/python-calls.js';

/**
 * LFM2 and LFM2.5: templates with `<|tool_call_start|>`; or, in templates that do not show calls, with `List of tools:
 * `. Calls are a Python list, and values are Python literals.
 *
 *     <|tool_call_start|>[get_weather(city="Oslo", days=3)]<|tool_call_end|>
 */
export const lfm2 = pythonCalls({
  name: 'lfm2',
  begin: '<|tool_call_start|>',
  end: '<|tool_call_end|>',
  layout: 'list',
});
