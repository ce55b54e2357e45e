import { describe, expect, it } from 'vitest';
import { glm } from '../../../../../../src/core/engine/dialects/families/parameters/glm.js';
import { accepts, read } from '../../harness.js';
import { osloCall, sumCall, testSyntax } from '../../syntax-tests.js';

const dialect = { thoughts: null, calls: glm };

const parameter = (key: string, value: string, line: string): string =>
  `<arg_key>${key}</arg_key>${line}<arg_value>${value}</arg_value>${line}`;
const oslo = (line: string): string =>
  `<tool_call>get_weather${line}${parameter('city', 'Oslo', line)}${parameter('days', '3', line)}</tool_call>`;
const sum = (line: string): string =>
  `<tool_call>add${line}${parameter('a', '1', line)}${parameter('b', '-2.5', line)}</tool_call>`;

testSyntax(glm, {
  oslo: oslo('\n'),
  sum: sum('\n'),
  both: `${oslo('\n')}\n${sum('\n')}`,
  now: '<tool_call>now\n</tool_call>',
  days: parameter('days', '3', '\n'),
  b: parameter('b', '-2.5', '\n'),
});

describe('GLM', () => {
  it('needs no line ends', () => {
    expect(read(dialect, oslo('') + sum('')).calls).toEqual([osloCall, sumCall]);
    expect(read(dialect, '<tool_call>now</tool_call>').calls).toEqual([{ name: 'now', arguments: {} }]);
    expect(accepts(glm, oslo('') + sum(''))).toBe(true);
    expect(accepts(glm, '<tool_call>now</tool_call>')).toBe(true);
  });

  it('keeps every character of a string', () => {
    const city = ' \n<arg_key>x</arg_key>\n{"a": "é😀"} </arg_valu\n';
    const text = oslo('\n').replace('Oslo', city);
    expect(read(dialect, text).calls).toEqual([{ name: 'get_weather', arguments: { city, days: 3 } }]);
    expect(accepts(glm, text)).toBe(true);
  });
});
