import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefixTree } from '../../../../src/core/engine/prompt-cache/prefix-tree.js';

function treeOf(...sequences: readonly (readonly number[])[]): PrefixTree<string> {
  const tree = new PrefixTree<string>();
  for (const sequence of sequences) tree.set(sequence, sequence.join(' '));
  return tree;
}

/** The same by comparing with everything. */
function findSlowly(
  stored: readonly (readonly number[])[],
  wanted: readonly number[],
): { shared: number; length: number } | null {
  let best: { shared: number; length: number } | null = null;
  for (const sequence of stored) {
    let shared = 0;
    while (shared < sequence.length && sequence[shared] === wanted[shared]) shared += 1;
    const isBetter = best === null || shared > best.shared || (shared === best.shared && sequence.length < best.length);
    if (shared > 0 && isBetter) best = { shared, length: sequence.length };
  }
  return best;
}

describe('PrefixTree', () => {
  it('finds the sequence with the longest beginning in common', () => {
    const tree = treeOf([1, 2, 3, 4, 5], [1, 2, 3, 7], [1, 2, 3, 7, 8]);
    expect(tree.find([1, 2, 3, 7, 9])).toEqual({ value: '1 2 3 7', shared: 4, length: 4 });
    expect(tree.find([1, 2, 3, 4, 5, 6])).toEqual({ value: '1 2 3 4 5', shared: 5, length: 5 });
  });

  it('finds the shortest of several', () => {
    expect(treeOf([1, 2, 3, 4, 5], [1, 2, 7]).find([1, 2, 9])).toEqual({ value: '1 2 7', shared: 2, length: 3 });
  });

  it('finds nothing that begins with another token, and nothing in an empty tree', () => {
    expect(treeOf([1, 2]).find([2, 1])).toBeNull();
    expect(treeOf().find([1])).toBeNull();
    expect(treeOf([1]).find([])).toBeNull();
  });

  it('replaces the value of the same sequence', () => {
    const tree = treeOf([1, 2]);
    tree.set([1, 2], 'new');
    expect(tree.find([1, 2])?.value).toBe('new');
  });

  it('names the stored sequences that others begin with, the shortest first', () => {
    const tree = treeOf([1], [1, 2, 3], [1, 2, 4], [1, 2, 3, 4, 5]);
    expect([...tree.beginnings([1, 2, 3, 4])]).toEqual(['1', '1 2 3']);
    expect([...tree.beginnings([2])]).toEqual([]);
  });

  it('finds what comparing with every stored sequence finds, whatever was added and removed', () => {
    const sequence = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 8 });
    const step = fc.record({ add: fc.boolean(), sequence });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(sequence, { minLength: 1 }), (steps, wanted) => {
        const tree = new PrefixTree<string>();
        const stored = new Map<string, readonly number[]>();
        for (const { add, sequence: each } of steps) {
          const key = each.join(' ');
          if (add) tree.set(each, key);
          else expect(tree.delete(each)).toBe(stored.has(key));
          if (add) stored.set(key, each);
          else stored.delete(key);
        }
        for (const each of wanted) {
          const found = tree.find(each);
          const expected = findSlowly([...stored.values()], each);
          expect(found === null ? null : { shared: found.shared, length: found.length }).toEqual(expected);
          if (found !== null) expect(stored.get(found.value)).toHaveLength(found.length);
        }
      }),
    );
  });
});
