import { describe, expect, it } from 'vitest';
import { WarmPrefixes } from '../../../../src/core/cluster/line/warm-prefixes.js';

describe('WarmPrefixes', () => {
  const shares = (warm: WarmPrefixes, ...prefixes: string[]): object => Object.fromEntries(warm.sharesOf(prefixes));

  it('knows how much of a prompt each node holds', () => {
    const warm = new WarmPrefixes();
    warm.set('one', ['a', 'b', 'c', 'x']);
    warm.set('other', ['a']);
    warm.set('third', ['y']);
    expect(shares(warm, 'a', 'b', 'c', 'd')).toEqual({ one: 0.75, other: 0.25 });
    expect(shares(warm, 'z')).toEqual({});
    expect(shares(warm)).toEqual({});
  });

  it('believes what a node said last, and forgets nodes that are gone', () => {
    const warm = new WarmPrefixes();
    warm.set('one', ['a', 'b']);
    warm.set('other', ['a']);
    warm.set('one', ['b', 'c']);
    expect(shares(warm, 'a')).toEqual({ other: 1 });
    expect(shares(warm, 'b', 'c')).toEqual({ one: 1 });
    warm.delete('one');
    expect(shares(warm, 'b', 'c')).toEqual({});
  });
});
