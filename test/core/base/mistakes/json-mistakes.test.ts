import { describe, expect, it } from 'vitest';
import { jsonMistake } from '../../../../src/core/base/mistakes/json-mistakes.js';

function mistakeIn(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return jsonMistake(error);
  }
}

describe('what is wrong with JSON', () => {
  it.each([
    ['{"a":1,}', /^expected double-quoted property name in JSON at position 7/],
    ['{"a":"x\ny"}', /^bad control character in string literal in JSON at position 7/],
    ['{"a":"x', /^unterminated string in JSON at position 7/],
    ['', /^unexpected end of JSON input$/],
    ['{"a":NaN}', /^unexpected token 'N'$/],
    ['{"a":,}', /^unexpected token ','$/],
  ])('is said of %j', (text, expected) => {
    expect(mistakeIn(text)).toMatch(expected);
  });

  it('is said without the text', () => {
    expect(mistakeIn('{"secret":secret}')).not.toContain('secret');
    expect(mistakeIn(`{"a":${'"secret",'.repeat(99)}}`)).not.toContain('secret');
  });
});
