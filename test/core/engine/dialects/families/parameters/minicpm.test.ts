import { describe, expect, it } from 'vitest';
import { miniCpm } from '../../../../../../src/core/engine/dialects/families/parameters/minicpm.js';
import { accepts, read } from '../../harness.js';
import { testSyntax } from '../../syntax-tests.js';

const parameter = (key: string, value: string): string => `<param name="${key}">${value}</param>`;
const call = (name: string, parameters: string): string => `<function name="${name}">${parameters}</function>`;
const days = parameter('days', '3');
const b = parameter('b', '-2.5');
const oslo = call('get_weather', parameter('city', 'Oslo') + days);
const sum = call('add', parameter('a', '1') + b);

testSyntax(miniCpm, { oslo, sum, both: `${oslo}\n${sum}`, now: call('now', ''), days, b });

describe('MiniCPM', () => {
  it('puts special characters into CDATA sections', () => {
    const text = oslo.replace('Oslo', '<![CDATA[a <b>]]</param>\n& c]]>');
    expect(read({ thoughts: null, calls: miniCpm }, text).calls).toEqual([
      { name: 'get_weather', arguments: { city: 'a <b>]]</param>\n& c', days: 3 } },
    ]);
    expect(accepts(miniCpm, text)).toBe(true);
    expect(accepts(miniCpm, oslo.replace('Oslo', 'a < b'))).toBe(false);
  });
});
