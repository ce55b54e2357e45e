import { describe, expect, it } from 'vitest';
import { isPlainEnter, isPlainEscape } from '../../../console/src/ui/keys.js';

const plain = { shiftKey: false, isComposing: false, keyCode: 0 };

describe.each([
  { key: 'Enter', isPlain: isPlainEnter },
  { key: 'Escape', isPlain: isPlainEscape },
])('$key', ({ key, isPlain }) => {
  it('is taken by the page', () => {
    expect(isPlain({ ...plain, key })).toBe(true);
    expect(isPlain({ ...plain, key: 'a' })).toBe(false);
  });

  it.each([
    { in: 'most browsers', how: { isComposing: true } },
    { in: 'Safari', how: { keyCode: 229 } },
  ])('is left to the word that is being composed, in $in', ({ how }) => {
    expect(isPlain({ ...plain, key, ...how })).toBe(false);
  });
});

it('Enter with Shift is not taken', () => {
  expect(isPlainEnter({ ...plain, key: 'Enter', shiftKey: true })).toBe(false);
});
