import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { allErrors, settingsErrors } from '../../../../src/core/base/mistakes/settings-error.js';
import { wrongValue } from '../../../../src/core/base/mistakes/wrong-value.js';

const schema = Type.Object({
  name: Type.String({ pattern: '^[a-z]+$' }),
  at: Type.Optional(Type.String({ format: 'date-time' })),
});

describe.each([
  ['a document', (value: unknown) => `${wrongValue(Value.Errors(schema, value))}.`],
  ['a file with settings', (value: unknown) => settingsErrors('f', allErrors(schema, value), schema, 'See.').message],
])('what is wrong with %s', (_, said) => {
  it.each([
    [{}, 'its top level needs name.'],
    [{ name: 5 }, 'name must be a string.'],
    [{ name: '5' }, 'name is not valid.'],
    [{ name: 'a', at: 'noon' }, 'at is not valid.'],
  ])('is said without the words of the library: %j', (value, words) => {
    expect(said(value).replace('f: ', '')).toBe(words);
  });
});
