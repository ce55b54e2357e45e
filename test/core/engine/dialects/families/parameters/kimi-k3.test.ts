import { kimiK3 } from '../../../../../../src/core/engine/dialects/families/parameters/kimi-k3.js';
import { testSyntax } from '../../syntax-tests.js';

const open = (tag: string): string => `<|open|>${tag}<|sep|>`;
const close = (tag: string): string => `<|close|>${tag}<|sep|>`;
const parameter = (key: string, type: string, value: string): string =>
  open(`argument key="${key}" type="${type}"`) + value + close('argument');
const call = (name: string, index: number, parameters: string): string =>
  open(`call tool="${name}" index="${index}"`) + parameters + close('call');
const block = (calls: string): string => open('tools') + calls + close('tools');

const days = parameter('days', 'number', '3');
const b = parameter('b', 'number', '-2.5');
const oslo = call('get_weather', 1, parameter('city', 'string', 'Oslo') + days);
const sum = (index: number): string => call('add', index, parameter('a', 'number', '1') + b);

testSyntax(kimiK3, {
  oslo: block(oslo),
  sum: block(sum(1)),
  both: block(oslo + sum(2)),
  now: block(call('now', 1, '')),
  days,
  b,
});
