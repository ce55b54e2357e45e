import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelNames } from '../../../../src/core/executor/upstream/model-names.js';
import { ModelRests } from '../../../../src/core/executor/upstream/model-rests.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

function made(listed: readonly string[] | null, used: ConstructorParameters<typeof ModelNames>[0] = []) {
  const clock = new VirtualClock();
  const names = new ModelNames(used);
  names.listed = listed;
  const ends: number[] = [];
  const rests = new ModelRests(names, clock, () => ends.push(clock.now()));
  return { clock, names, rests, ends };
}

describe('an upstream with several models', () => {
  it('rests only for the one that it was too busy for, and says when that is over', () => {
    const { clock, rests, ends } = made(['a', 'b']);
    rests.add('a', 1000);
    expect([rests.includes('a'), rests.includes('b'), rests.areAll]).toEqual([true, false, false]);
    clock.advance(999);
    expect(rests.includes('a')).toBe(true);
    clock.advance(1);
    expect([rests.includes('a'), ends]).toEqual([false, [1000]]);
  });

  it('rests as long as the longest of several rests', () => {
    const { clock, rests, ends } = made(['a', 'b']);
    rests.add('a', 1000);
    rests.add('a', 5000);
    rests.add('a', 2000);
    clock.advance(10_000);
    expect(ends).toEqual([5000]);
  });

  it('rests wholly while each of them rests', () => {
    const { clock, rests } = made(['a', 'b']);
    rests.add('a', 1000);
    rests.add('b', 2000);
    expect(rests.areAll).toBe(true);
    clock.advance(1000);
    expect(rests.areAll).toBe(false);
  });

  it('rests wholly where it is too busy for any of them, and one may rest for longer', () => {
    const { clock, rests } = made(['a', 'b']);
    rests.add('a', 2000);
    rests.add(null, 1000);
    expect([rests.areAll, rests.includes('b')]).toEqual([true, true]);
    clock.advance(1000);
    expect([rests.areAll, rests.includes('a'), rests.includes('b')]).toEqual([false, true, false]);
  });

  it('rests for a model under all of its names', () => {
    const used = [
      { name: 'chat', upstreamName: 'big' },
      { name: 'code', upstreamName: 'big' },
      { name: 'fast', upstreamName: 'small' },
    ];
    const { rests } = made(['big', 'small'], used);
    rests.add('code', 1000);
    expect(['chat', 'code', 'fast'].map((name) => rests.includes(name))).toEqual([true, true, false]);
  });

  it('says nothing after its end', () => {
    const { clock, rests, ends } = made(['a', 'b']);
    rests.add('a', 1000);
    rests.clear();
    expect([rests.includes('a'), clock.pending]).toEqual([false, 0]);
    expect(ends).toEqual([]);
  });
});

describe('an upstream', () => {
  it.each([
    ['has one model', made(['a'])],
    ['does not say which models it has', made(null)],
    ['is used for one of its models', made(['a', 'b'], [{ name: 'a', upstreamName: null }])],
  ])('rests wholly if it %s', (_what, { clock, rests }) => {
    rests.add('a', 1000);
    expect([rests.includes('a'), rests.includes('other'), rests.areAll]).toEqual([true, true, true]);
    clock.advance(1000);
    expect([rests.includes('a'), rests.areAll]).toEqual([false, false]);
  });
});

it('rests until the latest end that was asked for, whatever came between, and never without a timer', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('add' as const), model: fc.constantFrom('a', 'b', 'c'), ms: fc.nat(5000) }),
    fc.record({ type: fc.constant('wait' as const), ms: fc.nat(3000) }),
  );
  fc.assert(
    fc.property(fc.array(step), (script) => {
      const { clock, rests, ends } = made(['a', 'b', 'c']);
      const untilMs = new Map<string, number>();
      for (const each of script) {
        if (each.type === 'wait') clock.advance(each.ms);
        else {
          rests.add(each.model, each.ms);
          untilMs.set(each.model, Math.max(untilMs.get(each.model) ?? 0, clock.now() + each.ms));
        }
        // Time stands still: what ends now ends with the next advance.
        clock.advance(0);
        const resting = ['a', 'b', 'c'].filter((model) => (untilMs.get(model) ?? 0) > clock.now());
        expect(['a', 'b', 'c'].filter((model) => rests.includes(model))).toEqual(resting);
        expect(clock.pending).toBe(resting.length);
        expect(rests.areAll).toBe(resting.length === 3);
      }
      clock.advance(5000);
      expect(clock.pending).toBe(0);
      expect([...ends].sort((one, other) => one - other)).toEqual(ends);
    }),
  );
});
