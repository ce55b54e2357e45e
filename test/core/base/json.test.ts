import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNestedDeeper } from '../../../src/core/base/json.js';

/** Levels of objects and lists in a value. */
function levelsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(levelsOf));
}

describe('isNestedDeeper', () => {
  it('counts levels as JSON has them, whatever strings contain', () => {
    const texts = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', 'a') });
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5, stringUnit: fc.constantFrom('[', '}', '"', '\\') }),
        texts,
        (value, key) => {
          const text = JSON.stringify({ [key]: value });
          const levels = 1 + levelsOf(value);
          expect(isNestedDeeper(text, levels)).toBe(false);
          expect(isNestedDeeper(text, levels - 1)).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['lists that do not end', '['.repeat(500_000), true],
    ['a string that does not end', `"${'['.repeat(500_000)}`, false],
    ['backslashes and quotes', '\\"'.repeat(250_000), false],
    ['lists beside each other', `[${'[],'.repeat(200_000)}1]`, false],
  ])('looks at %s only once', (_, text, isDeeper) => {
    expect(isNestedDeeper(text, 100)).toBe(isDeeper);
  });
});
