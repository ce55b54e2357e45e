import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';

/**
 * Command R7B, Command A and other models of Cohere whose templates contain `<|START_ACTION|>`. They number the calls
 * of a conversation; their templates do so themselves.
 *
 *     <|START_ACTION|>[
 *         {"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Oslo"}}
 *     ]<|END_ACTION|>
 */
export const commandR7b = jsonCalls({
  name: 'command-r7b',
  marks: ['<|START_ACTION|>', '<|END_ACTION|>'],
  opens: ['<|START_ACTION|>'],
  close: '<|END_ACTION|>',
  layout: 'list',
  call: callObject({
    nameKey: 'tool_name',
    argumentsKey: 'parameters',
    id: { key: 'tool_call_id', isFirst: true, chars: '0123456789', min: 1, max: 4 },
  }),
});

/**
 * Command R and Command R+, whose templates contain `Action:` and a code block with `"tool_name"`.
 *
 *     Action:
 *     ```json
 *     [
 *         {
 *             "tool_name": "get_weather",
 *             "parameters": {
 *                 "city": "Oslo"
 *             }
 *         }
 *     ]```
 *
 * Only all of it up to the bracket begins calls: `Action:` alone is also the beginning of other texts.
 */
export const commandRPlus = jsonCalls({
  name: 'command-r-plus',
  marks: [],
  opens: ['Action:\n```json\n[', 'Action: ```json\n[', 'Action:```json\n['],
  close: '```',
  layout: 'list',
  call: callObject({ nameKey: 'tool_name', argumentsKey: 'parameters' }),
});
