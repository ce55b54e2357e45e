import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSize } from '../../../src/core/base/json.js';

/** Levels of objects and lists in a value. */
function levelsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(levelsOf));
}

/** Objects and lists in a value, itself included. */
function containersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce((sum: number, each) => sum + containersIn(each), 0);
}

/** Members of objects in a value. */
function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, each) => sum + membersIn(each), own);
}

describe('the size of JSON', () => {
  it('is what is in the value, whatever strings contain', () => {
    const texts = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', 'a') });
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5, stringUnit: fc.constantFrom('[', '}', '"', '\\') }),
        texts,
        (value, key) => {
          const all = { [key]: value };
          const text = JSON.stringify(all);
          const size = { levels: levelsOf(all), containers: containersIn(all), members: membersIn(all) };
          expect(jsonSize(text, size)).toEqual(size);
          expect(jsonSize(text, { ...size, levels: size.levels - 1 }).levels).toBe(size.levels);
          expect(jsonSize(text, { ...size, containers: size.containers - 1 }).containers).toBe(size.containers);
          expect(jsonSize(text, { ...size, members: size.members - 1 }).members).toBe(size.members);
        },
      ),
    );
  });

  it.each([
    ['lists that do not end', '['.repeat(500_000), { levels: 101, containers: 101, members: 0 }],
    ['a string that does not end', `"${'['.repeat(500_000)}`, { levels: 0, containers: 0, members: 0 }],
    ['backslashes and quotes', '\\"'.repeat(250_000), { levels: 0, containers: 0, members: 0 }],
    ['members that never end', '"":'.repeat(200_000), { levels: 0, containers: 0, members: 1 }],
    ['lists beside each other', `[${'[],'.repeat(200_000)}1]`, { levels: 2, containers: 200_001, members: 0 }],
  ])('is found by looking at %s only once', (_, text, size) => {
    expect(jsonSize(text, { levels: 100, containers: 300_000, members: 0 })).toEqual(size);
  });
});
