import { callObject } from '../../calls/json/json-call.js';
import { jsonCalls } from '../../calls/json/json-calls.js';

/**
 * Nemotron Nano 2 and other models of Nvidia whose templates contain `<TOOLCALL>`.
 *
 *     <TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</TOOLCALL>
 */
export const nemotron = jsonCalls({
  name: 'nemotron',
  marks: ['<TOOLCALL>', '</TOOLCALL>'],
  opens: ['<TOOLCALL>'],
  close: '</TOOLCALL>',
  layout: 'list',
  call: callObject({ nameKey: 'name', argumentsKey: 'arguments' }),
});
