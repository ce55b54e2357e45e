import { hunyuan } from '../../../../../../src/core/engine/dialects/families/parameters/hunyuan.js';
import { testSyntax } from '../../syntax-tests.js';

const s = ':opensource';
const parameter = (key: string, value: string): string =>
  `<arg_key${s}>${key}</arg_key${s}>\n<arg_value${s}>${value}</arg_value${s}>\n`;
const call = (name: string, parameters: string): string =>
  `<tool_call${s}>${name}<tool_sep${s}>\n${parameters}</tool_call${s}>\n`;
const block = (calls: string): string => `<tool_calls${s}>\n${calls}</tool_calls${s}>`;

const days = parameter('days', '3');
const b = parameter('b', '-2.5');
const oslo = call('get_weather', parameter('city', 'Oslo') + days);
const sum = call('add', parameter('a', '1') + b);

testSyntax(hunyuan, {
  oslo: block(oslo),
  sum: block(sum),
  both: block(oslo + sum),
  now: block(call('now', '')),
  days,
  b,
});
