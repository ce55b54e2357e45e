import { describe, expect, it } from 'vitest';
import { namesIn, pointerIn, pointerStep, valueAt } from '../../../src/core/base/json-pointer.js';

const root = { $defs: { 'a/b': { '~1': 1 } }, list: [{ x: 2 }] };

describe('a JSON pointer', () => {
  it('is made of names, with any characters', () => {
    const pointer = ['$defs', 'a/b', '~1'].map(pointerStep).join('');
    expect(pointer).toBe('/$defs/a~1b/~01');
    expect(namesIn(pointer)).toEqual(['$defs', 'a/b', '~1']);
    expect(namesIn('')).toEqual([]);
  });

  it('leads to a value of a document, if there is one', () => {
    expect(valueAt(root, '/$defs/a~1b/~01')).toBe(1);
    expect(valueAt(root, '/list/0/x')).toBe(2);
    expect(valueAt(root, '')).toBe(root);
    expect(valueAt(root, '/list/1/x')).toBeUndefined();
    expect(valueAt(root, '/constructor')).toBeUndefined();
  });

  it('may be a fragment of a URI', () => {
    expect(pointerIn('/%24defs/a%20b')).toBe('/$defs/a b');
    expect(pointerIn('/100%')).toBe('/100%');
  });
});
