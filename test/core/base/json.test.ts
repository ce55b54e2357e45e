import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasManyNames, hasManyShortStrings, jsonSize } from '../../../src/core/base/json.js';

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

/** All strings in a value, names of members included. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(stringsIn)];
}

/** Names of members in a value. */
function namesIn(value: unknown): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return new Set();
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return new Set([...own, ...Object.values(value).flatMap((each) => [...namesIn(each)])]);
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
          const counts = { containers: containersIn(all), members: membersIn(all), strings: stringsIn(all).length };
          const size = { ...counts, levels: levelsOf(all) };
          expect(jsonSize(text, size)).toEqual(size);
          expect(jsonSize(text, { ...size, levels: size.levels - 1 }).levels).toBe(size.levels);
          expect(jsonSize(text, { ...size, containers: size.containers - 1 }).containers).toBe(size.containers);
          expect(jsonSize(text, { ...size, members: size.members - 1 }).members).toBe(size.members);
          expect(jsonSize(text, { ...size, strings: size.strings - 1 }).strings).toBe(size.strings);
        },
      ),
    );
  });

  it.each([
    ['lists that do not end', '['.repeat(500_000), { levels: 101, containers: 101, members: 0, strings: 0 }],
    ['a string that does not end', `"${'['.repeat(500_000)}`, { levels: 0, containers: 0, members: 0, strings: 1 }],
    ['backslashes and quotes', '\\"'.repeat(250_000), { levels: 0, containers: 0, members: 0, strings: 1 }],
    ['members that never end', '"":'.repeat(200_000), { levels: 0, containers: 0, members: 1, strings: 1 }],
    [
      'lists beside each other',
      `[${'[],'.repeat(200_000)}1]`,
      { levels: 2, containers: 200_001, members: 0, strings: 0 },
    ],
  ])('is found by looking at %s only once', (_, text, size) => {
    expect(jsonSize(text, { levels: 100, containers: 300_000, members: 0, strings: 10 })).toEqual(size);
  });
});

describe('the number of different names', () => {
  it('is at most what is in the value, whatever strings contain', () => {
    const texts = fc.string({ unit: fc.constantFrom('{', ':', ',', '"', '\\', 'a'), maxLength: 3 });
    const objects = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, texts, fc.array(tie('value')), fc.dictionary(texts, tie('value'))),
    })).value;
    fc.assert(
      fc.property(objects, (value) => {
        const names = namesIn(value).size;
        expect(hasManyNames(JSON.stringify(value), names)).toBe(false);
        // Two names do not have the same hash, or hardly ever.
        if (names > 0 && names < 3) expect(hasManyNames(JSON.stringify(value), names - 1)).toBe(true);
      }),
    );
  });

  it('is that of all objects together, and of each name once', () => {
    const name = (index: number): string => `{"name ${index}":0}`;
    const distinct = Array.from({ length: 22_000 }, (_, index) => name(index)).join();
    expect(hasManyNames(`[${distinct}]`, 20_000)).toBe(true);
    expect(hasManyNames(`[${distinct}]`, 22_000)).toBe(false);
    const repeated = Array.from({ length: 22_000 }, (_, index) => name(index % 100)).join();
    expect(hasManyNames(`[${repeated}]`, 100)).toBe(false);
  });
});

describe('the number of different short strings', () => {
  it('is at most what is in the value, and does not count strings of more than ten characters', () => {
    const texts = fc.string({ unit: fc.constantFrom('{', ':', ',', '[', 'a', '"', '\\n', '\\u0001'), maxLength: 14 });
    const objects = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, texts, fc.array(tie('value')), fc.dictionary(texts, tie('value'))),
    })).value;
    fc.assert(
      fc.property(objects, (value) => {
        const strings = new Set(stringsIn(value).filter(({ length }) => length <= 10)).size;
        expect(hasManyShortStrings(JSON.stringify(value), strings)).toBe(false);
        // Two strings do not have the same hash, or hardly ever.
        if (strings > 0 && strings < 3) expect(hasManyShortStrings(JSON.stringify(value), strings - 1)).toBe(true);
      }),
    );
  });

  it('is that of the whole text, and of each string once', () => {
    const distinct = JSON.stringify(Array.from({ length: 60_000 }, (_, index) => index.toString(36)));
    expect(hasManyShortStrings(distinct, 50_000)).toBe(true);
    expect(hasManyShortStrings(distinct, 60_000)).toBe(false);
    const repeated = JSON.stringify(Array.from({ length: 60_000 }, (_, index) => String(index % 100)));
    expect(hasManyShortStrings(repeated, 100)).toBe(false);
  });

  it.each([
    ['a string that does not end', `["a","${'b'.repeat(500_000)}`],
    ['backslashes and quotes', '\\"'.repeat(250_000)],
  ])('is found by looking at %s only once', (_, text) => {
    expect(hasManyShortStrings(text, 1)).toBe(false);
  });
});
