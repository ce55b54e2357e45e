import { describe, expect, it } from 'vitest';
import { olmo3 } from '../../../../../src/core/engine/dialects/families/olmo3.js';
import { accepts, read } from '../harness.js';
import { osloCall, sumCall, testSyntax } from '../syntax-tests.js';

const lines = (...calls: readonly string[]): string => `<function_calls>${calls.join('\n')}</function_calls>`;
const oslo = 'get_weather(city="Oslo", days=3)';
const sum = 'add(a=1, b=-2.5)';

testSyntax(olmo3, {
  ...{ oslo: lines(oslo), sum: lines(sum), both: lines(oslo, sum), now: lines('now()') },
  ...{ days: ', days=3', b: ', b=-2.5' },
});

describe('Olmo 3', () => {
  const dialect = { thoughts: null, calls: olmo3 };

  it.each([
    `<function_calls>\n${oslo}\n${sum}\n</function_calls>`,
    `<function_calls>\n\n  ${oslo}\n\n  ${sum}`,
    `<function_calls>[${oslo}, ${sum}]</function_calls>`,
    `<function_calls>${oslo}</function_calls>\n<function_calls>${sum}</function_calls>`,
  ])('reads %j', (text) => {
    expect(read(dialect, text)).toEqual({ content: '', reasoning: '', calls: [osloCall, sumCall] });
  });

  it('leaves what follows the last known call as it is', () => {
    const answer = read(dialect, lines(oslo, 'unknown()'));
    expect(answer).toEqual({ content: 'unknown()</function_calls>', reasoning: '', calls: [osloCall] });
  });

  it.each([
    [true, lines('add(a=1, b=2, notes=[\'a\', "b"])')],
    [true, `<function_calls>\n${oslo}\n${sum}\n</function_calls>`],
    [false, `<function_calls>[${oslo}, ${sum}]</function_calls>`],
    [false, lines(`${oslo} ${sum}`)],
    [false, lines(oslo, '', sum)],
  ])('says %s to %j', (isAllowed, text) => {
    expect(accepts(olmo3, text)).toBe(isAllowed);
  });
});
