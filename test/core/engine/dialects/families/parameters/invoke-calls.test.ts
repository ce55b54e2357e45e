import { describe, expect, it } from 'vitest';
import type { CallSyntax } from '../../../../../../src/core/engine/dialects/dialect.js';
import {
  deepSeekV4,
  deepSeekV32,
  gigaChat35,
  minimaxM2,
  museGlimmer,
} from '../../../../../../src/core/engine/dialects/families/parameters/invoke-calls.js';
import { accepts, read } from '../../harness.js';
import { osloCall, testSyntax } from '../../syntax-tests.js';

interface Style {
  readonly block: readonly [begin: string, end: string];
  readonly prefix: string;
  /** What comes after the name of a parameter that is a string, or another value. */
  readonly string: string;
  readonly other: string;
}

function writer({ block: [begin, end], prefix, string, other }: Style) {
  const parameter = (key: string, value: string, after: string): string =>
    `<${prefix}parameter name="${key}"${after}>${value}</${prefix}parameter>\n`;
  const call = (name: string, parameters: string): string =>
    `<${prefix}invoke name="${name}">\n${parameters}</${prefix}invoke>\n`;
  const block = (calls: string): string => `${begin}\n${calls}${end}`;
  return {
    string: (key: string, value: string) => parameter(key, value, string),
    other: (key: string, value: string) => parameter(key, value, other),
    call,
    block,
  };
}

function testStyle(calls: CallSyntax, style: Style): void {
  const { string, other, call, block } = writer(style);
  const days = other('days', '3');
  const b = other('b', '-2.5');
  const oslo = call('get_weather', string('city', 'Oslo') + days);
  const sum = call('add', other('a', '1') + b);
  testSyntax(calls, {
    oslo: block(oslo),
    sum: block(sum),
    both: block(oslo + sum),
    now: block(call('now', '\n')),
    days,
    b,
  });
}

const dsml = '｜DSML｜';
const untyped = { string: '', other: '' };
const typed = { string: ' string="true"', other: ' string="false"' };
const v4: Style = { block: [`<${dsml}tool_calls>`, `</${dsml}tool_calls>`], prefix: dsml, ...typed };

testStyle(minimaxM2, { block: ['<minimax:tool_call>', '</minimax:tool_call>'], prefix: '', ...untyped });
testStyle(museGlimmer, { block: ['<atem:function_calls>', '</atem:function_calls>'], prefix: 'atem:', ...untyped });
testStyle(deepSeekV32, { ...v4, block: [`<${dsml}function_calls>`, `</${dsml}function_calls>`] });
testStyle(deepSeekV4, v4);
testStyle(gigaChat35, { block: ['<｜GCML｜tool_calls>', '</｜GCML｜tool_calls>'], prefix: '｜GCML｜', ...typed });

describe('DeepSeek', () => {
  const { string, other, call, block } = writer(v4);

  it('says whether a value is a string', () => {
    const parameters =
      string('a', '1') + other('b', '2') + string('x', 'true') + other('y', '"z"') + other('n', 'oops');
    expect(read({ thoughts: null, calls: deepSeekV4 }, block(call('add', parameters))).calls).toEqual([
      { name: 'add', arguments: { a: '1', b: 2, x: 'true', y: 'z', n: 'oops' } },
    ]);
  });

  it('cannot say it wrongly with a grammar', () => {
    const sum = (a: string): string => block(call('add', a + other('b', '2')));
    expect(accepts(deepSeekV4, sum(other('a', '1')))).toBe(true);
    expect(accepts(deepSeekV4, sum(string('a', '1')))).toBe(false);
  });

  it('leaves calls of unknown functions after others as they are', () => {
    const oslo = call('get_weather', string('city', 'Oslo') + other('days', '3'));
    const answer = read({ thoughts: null, calls: deepSeekV4 }, block(oslo + call('unknown', '')));
    expect(answer.calls).toEqual([osloCall]);
    expect(answer.content).toBe(`${call('unknown', '')}</${dsml}tool_calls>`);
  });
});
