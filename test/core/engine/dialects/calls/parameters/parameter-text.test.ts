import { describe, expect, it } from 'vitest';
import { valueText } from '../../../../../../src/core/engine/dialects/calls/parameters/parameter-text.js';
import { allKinds, type Kind } from '../../../../../../src/core/engine/format/schema/kinds.js';

describe('valueText', () => {
  it.each<readonly [string, readonly Kind[], unknown]>([
    ['7', ['number'], 7],
    [' 7\n', ['number'], 7],
    ['7', ['string'], '7'],
    ['7', ['string', 'number'], 7],
    ['7', ['string', 'null'], '7'],
    ['null', ['string', 'null'], null],
    ['None', ['null', 'number'], null],
    ['True', ['boolean'], true],
    ['True', ['string'], 'True'],
    ['"a"', ['string', 'null'], '"a"'],
    ['"a"', ['number'], 'a'],
    ['many', ['number'], 'many'],
    [' a ', ['string', 'null'], ' a '],
    ['{"a": [1]}', ['object'], { a: [1] }],
    ["{'a': [True, 'x\"']}", ['object'], { a: [true, 'x"'] }],
    ["['a'] and more", ['array'], "['a'] and more"],
    ["['a']", ['string'], "['a']"],
    ['7', allKinds, 7],
    ['a', allKinds, 'a'],
    ['', ['number'], ''],
  ])('reads %j as one of %j', (text, kinds, expected) => {
    expect(JSON.parse(valueText(text, new Set(kinds)))).toEqual(expected);
  });

  it('does not follow values that are nested too deeply', () => {
    const text = '['.repeat(5000);
    expect(JSON.parse(valueText(text, new Set<Kind>(['array'])))).toBe(text);
  });
});
