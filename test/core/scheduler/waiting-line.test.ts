import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Place, WaitingLine } from '../../../src/core/scheduler/waiting-line.js';

type Step =
  | { readonly do: 'enter'; readonly count: number }
  | { readonly do: 'leave'; readonly pick: number }
  | { readonly do: 'leave again'; readonly pick: number }
  | { readonly do: 'next'; readonly count: number };

const pick = fc.nat();
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('enter'), count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: fc.constant('leave'), pick }),
  fc.record({ do: fc.constant('leave again'), pick }),
  fc.record({ do: fc.constant('next'), count: fc.integer({ min: 1, max: 30 }) }),
);

/** The line beside a plain array that is always right. */
class Pair {
  readonly line = new WaitingLine<number>();
  standing: Place<number>[] = [];
  readonly left: Place<number>[] = [];
  #entered = 0;

  perform(step: Step): void {
    switch (step.do) {
      case 'enter':
        for (let count = 0; count < step.count; count += 1) this.#enter();
        return;
      case 'leave':
        this.#leave(step.pick);
        return;
      case 'leave again':
        this.#leaveAgain(step.pick);
        return;
      case 'next':
        for (let count = 0; count < step.count; count += 1) this.#next();
    }
  }

  get items(): number[] {
    return this.standing.map(({ item }) => item);
  }

  #enter(): void {
    this.standing.push(this.line.enter(this.#entered));
    this.#entered += 1;
  }

  #leave(pick: number): void {
    const place = this.standing[pick % this.standing.length];
    if (place === undefined) return;
    this.standing = this.standing.filter((other) => other !== place);
    this.left.push(place);
    expect(this.line.leave(place)).toBe(true);
  }

  #leaveAgain(pick: number): void {
    const place = this.left[pick % this.left.length];
    if (place !== undefined) expect(this.line.leave(place)).toBe(false);
  }

  #next(): void {
    const place = this.standing.shift();
    if (place !== undefined) this.left.push(place);
    expect(this.line.next()).toBe(place?.item);
  }
}

/** Plays random steps, and after each of them lets `check` compare the line with the array. */
function always(check: (pair: Pair) => void): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const pair = new Pair();
      for (const step of steps) {
        pair.perform(step);
        check(pair);
      }
    }),
    { numRuns: 60 },
  );
}

describe('a waiting line', () => {
  it('lists everyone in the order in which they came', () => {
    always(({ line, items }) => {
      expect([...line]).toEqual(items);
    });
  });

  it('knows how many there are', () => {
    always(({ line, items }) => {
      expect(line.size).toBe(items.length);
    });
  });

  it('knows whose turn it is', () => {
    always(({ line, items }) => {
      expect(line.first).toBe(items[0]);
    });
  });

  it('tells everyone how many stand before them, themselves included', () => {
    always(({ line, standing }) => {
      expect(standing.map((place) => line.position(place))).toEqual(standing.map((_, index) => index + 1));
    });
  });

  it('tells those who have left that they have no position', () => {
    always(({ line, left }) => {
      expect(left.every((place) => line.position(place) === 0)).toBe(true);
    });
  });

  it('is empty at first', () => {
    const line = new WaitingLine<string>();
    expect({ size: line.size, first: line.first, next: line.next(), all: [...line] }).toEqual({
      size: 0,
      first: undefined,
      next: undefined,
      all: [],
    });
  });

  it('keeps its order through many rebuilds while it is nearly empty', () => {
    const line = new WaitingLine<number>();
    line.enter(0);
    const seen = Array.from({ length: 10_000 }, (_, item) => [line.position(line.enter(item + 1)), line.next()]);
    expect(seen).toEqual(Array.from({ length: 10_000 }, (_, item) => [2, item]));
    expect([...line]).toEqual([10_000]);
  });

  it('keeps everyone’s position through many rebuilds while it grows and has gaps', () => {
    const line = new WaitingLine<number>();
    const places = Array.from({ length: 5000 }, (_, item) => line.enter(item));
    const staying = places.filter(({ item }) => item % 3 === 0);
    for (const place of places) if (!staying.includes(place)) line.leave(place);
    const latecomers = Array.from({ length: 20_000 }, (_, item) => line.enter(5000 + item));
    const everyone = [...staying, ...latecomers];
    expect(everyone.map((place) => line.position(place))).toEqual(everyone.map((_, index) => index + 1));
    expect([...line]).toEqual(everyone.map(({ item }) => item));
  });

  it('can be emptied and used again after it was large', () => {
    const line = new WaitingLine<number>();
    for (let item = 0; item < 1000; item += 1) line.enter(item);
    while (line.next() !== undefined);
    const seen = Array.from({ length: 3000 }, (_, item) => [line.position(line.enter(item)), line.next()]);
    expect(seen).toEqual(Array.from({ length: 3000 }, (_, item) => [1, item]));
  });
});
