import { describe, expect, it } from 'vitest';
import { seedOss } from '../../../../../../src/core/engine/dialects/families/parameters/seed-oss.js';
import { accepts, add, read } from '../../harness.js';
import { testSyntax } from '../../syntax-tests.js';

const call = (name: string, parameters: string): string =>
  `<seed:tool_call>\n<function=${name}>\n${parameters}</function>\n</seed:tool_call>`;
const city = '<parameter=city>Oslo</parameter>\n';
const days = '<parameter=days>3</parameter>\n';
const b = '<parameter=b>-2.5</parameter>\n';
const oslo = call('get_weather', city + days);
const sum = call('add', `<parameter=a>1</parameter>\n${b}`);

testSyntax(seedOss, { oslo, sum, both: `${oslo}\n${sum}`, now: call('now', ''), days, b });

describe('Seed-OSS', () => {
  const read1 = (parameters: string): unknown =>
    read({ thoughts: null, calls: seedOss }, call('add', parameters), { tools: [add] }).calls[0]?.arguments;

  it('writes lists as Python does', () => {
    expect(read1(`<parameter=notes>['it\\'s', "b", None, True]</parameter>\n`)).toEqual({
      notes: ["it's", 'b', null, true],
    });
    expect(read1('<parameter=notes>["a"]</parameter>\n')).toEqual({ notes: ['a'] });
    expect(read1('<parameter=notes>[a, b</parameter>\n')).toEqual({ notes: '[a, b' });
  });

  it('keeps line ends at both ends of a string', () => {
    const text = oslo.replace('Oslo', '\nOslo\n');
    expect(read({ thoughts: null, calls: seedOss }, text).calls[0]?.arguments).toEqual({ city: '\nOslo\n', days: 3 });
    expect(accepts(seedOss, text)).toBe(true);
  });
});
