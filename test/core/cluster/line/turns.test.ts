import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTurn, Turns } from '../../../../src/core/cluster/line/turns.js';
import type { Turn } from '../../../../src/core/cluster/messages.js';

interface Request {
  readonly name: number;
  turn: Turn | null;
  arrivedMs: number;
}

const earlierTurns = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 })), {
  maxLength: 12,
  selector: ([lease, number]) => lease * 100 + number,
});

/** Some with turns, some without, in any order, and with any times. */
const comingBack = fc
  .tuple(earlierTurns, fc.nat(12))
  .chain(([turns, others]) => {
    const all: (Turn | null)[] = [...turns, ...Array.from({ length: others }, () => null)];
    const times = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: all.length, maxLength: all.length });
    return fc.tuple(fc.shuffledSubarray(all, { minLength: all.length }), times);
  })
  .map(([turns, times]): Request[] => turns.map((turn, name) => ({ name, turn, arrivedMs: times[name] ?? 0 })));

function after([lease, number]: Turn, [otherLease, otherNumber]: Turn): boolean {
  return lease === otherLease ? number > otherNumber : lease > otherLease;
}

describe('requests that come back to a line', () => {
  it('keep their turns, whatever time their messages took, and all have one afterwards', () => {
    fc.assert(
      fc.property(comingBack, (requests) => {
        const told = new Map(requests.map(({ name, turn }) => [name, turn]));
        const sorted = inTurn(requests, new Turns(9));
        expect(sorted.map(({ name }) => name).toSorted((one, other) => one - other)).toEqual([...told.keys()]);
        for (const { name, turn } of sorted) if (told.get(name) !== null) expect(turn).toEqual(told.get(name));
        for (const [index, { turn, arrivedMs }] of sorted.entries()) {
          const before = sorted[index - 1];
          if (before === undefined) continue;
          expect(after(turn ?? [0, 0], before.turn ?? [0, 0])).toBe(true);
          expect(arrivedMs).toBeGreaterThanOrEqual(before.arrivedMs);
        }
      }),
    );
  });

  it('stand in the order of their arrival where they have no turn, after those that have one', () => {
    fc.assert(
      fc.property(comingBack, (requests) => {
        const cameMs = new Map(requests.map(({ name, arrivedMs }) => [name, arrivedMs]));
        const placed = requests.filter(({ turn }) => turn !== null).length;
        const others = inTurn(requests, new Turns(9)).slice(placed);
        const times = others.map(({ name }) => cameMs.get(name) ?? 0);
        expect(times).toEqual(times.toSorted((one, other) => one - other));
      }),
    );
  });

  it('come before all that have come since', () => {
    const turns = new Turns(9);
    const next = turns.next();
    const late: Request[] = [{ name: 1, turn: [8, 100], arrivedMs: 900 }];
    const sorted = inTurn([{ name: 0, turn: next, arrivedMs: 100 }, ...late], turns);
    expect(sorted.map(({ name }) => name)).toEqual([1, 0]);
    expect(after(turns.next(), next)).toBe(true);
  });
});
