import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Standing, WaitingLine } from '../../../../src/core/scheduler/line/waiting-line.js';

type Step =
  | { readonly do: 'enter'; readonly count: number }
  | { readonly do: 'leave'; readonly pick: number }
  | { readonly do: 'leave again'; readonly pick: number }
  | { readonly do: 'next'; readonly count: number };

const pick = fc.nat();
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('enter'), count: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ do: fc.constant('leave'), pick }),
  fc.record({ do: fc.constant('leave again'), pick }),
  fc.record({ do: fc.constant('next'), count: fc.integer({ min: 1, max: 120 }) }),
);

class Person implements Standing {
  place = -1;
  work: number;

  constructor(
    readonly number: number,
    readonly places = 1,
  ) {
    this.work = number % 7;
  }
}

/** The line, next to a plain array that is always right. */
class Pair {
  readonly line = new WaitingLine<Person>();
  standing: readonly Person[] = [];
  readonly left: Person[] = [];
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

  #enter(): void {
    // Some need several places, and a few more than the smallest ring has.
    const person = new Person(this.#entered, this.#entered % 97 === 96 ? 300 : this.#entered % 4 === 3 ? 3 : 1);
    this.line.enter(person);
    this.standing = [...this.standing, person];
    this.#entered += 1;
  }

  #leave(pick: number): void {
    const person = this.standing[pick % this.standing.length];
    if (person === undefined) return;
    this.standing = this.standing.filter((other) => other !== person);
    this.left.push(person);
    expect(this.line.leave(person)).toBe(true);
  }

  #leaveAgain(pick: number): void {
    const person = this.left[pick % this.left.length];
    if (person !== undefined) expect(this.line.leave(person)).toBe(false);
  }

  #next(): void {
    const [person, ...others] = this.standing;
    this.standing = others;
    if (person !== undefined) this.left.push(person);
    const places = person?.places ?? 1;
    if (places > 1) expect(this.line.next(places - 1, places)).toBeUndefined();
    expect(this.line.next(places, 1000)).toBe(person);
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

/** `count` new items that have joined the line. */
function join(line: WaitingLine<Person>, count: number, from = 0): Person[] {
  const newcomers = Array.from({ length: count }, (_, index) => new Person(from + index));
  for (const person of newcomers) line.enter(person);
  return newcomers;
}

/** A line of one item, through which many items pass one after the other. */
function passThrough(line: WaitingLine<Person>, count: number): [position: number, next: number | undefined][] {
  return Array.from({ length: count }, (_, index) => {
    const [newcomer] = join(line, 1, index + 1);
    return [newcomer === undefined ? NaN : line.position(newcomer), line.next(1, 1)?.number];
  });
}

describe('a waiting line', () => {
  it('lists all items in the order in which they entered', () => {
    always(({ line, standing }) => {
      expect(numbersOf(line)).toEqual(numbersOf(standing));
    });
  });

  it('knows its size, and how many places its items need', () => {
    always(({ line, standing }) => {
      expect(line.size).toBe(standing.length);
      expect(line.places).toBe(standing.reduce((sum, { places }) => sum + places, 0));
    });
  });

  it('knows which item is first', () => {
    always(({ line, standing }) => {
      expect(line.first).toBe(standing[0]);
    });
  });

  it('gives the position of every item: 1, and the places of those before it', () => {
    always(({ line, standing }) => {
      const positions: number[] = [];
      let position = 1;
      for (const { places } of standing) {
        positions.push(position);
        position += places;
      }
      expect(standing.map((person) => line.position(person)).join()).toBe(positions.join());
    });
  });

  it('lets an item that needs more places than there are have all of them', () => {
    const line = new WaitingLine<Person>();
    const wide = new Person(1, 5);
    line.enter(wide);
    expect(line.next(2, 3)).toBeUndefined();
    expect(line.next(3, 3)).toBe(wide);
  });

  it('gives no position to items that have left', () => {
    always(({ line, left }) => {
      expect(left.every((person) => line.position(person) === 0)).toBe(true);
    });
  });

  it('is empty at first', () => {
    const line = new WaitingLine<Person>();
    expect({ size: line.size, first: line.first, next: line.next(1, 1), all: [...line] }).toEqual({
      size: 0,
      first: undefined,
      next: undefined,
      all: [],
    });
  });

  it('keeps its order while many items pass through and it is nearly empty', () => {
    const line = new WaitingLine<Person>();
    join(line, 1);
    expect(passThrough(line, 10_000)).toEqual(Array.from({ length: 10_000 }, (_, index) => [2, index]));
    expect(numbersOf(line)).toEqual([10_000]);
  });

  it('keeps all positions through many rebuilds while it grows and has gaps', () => {
    const line = new WaitingLine<Person>();
    const early = join(line, 5000);
    for (const person of early) if (person.number % 3 !== 0) line.leave(person);
    const everyone = [...early.filter(({ number }) => number % 3 === 0), ...join(line, 20_000, 5000)];
    expect(everyone.map((person) => line.position(person))).toEqual(everyone.map((_, index) => index + 1));
    expect(numbersOf(line)).toEqual(numbersOf(everyone));
  });

  it('keeps all positions when nearly all items between the first and the last leave', () => {
    const line = new WaitingLine<Person>();
    const [first, ...others] = join(line, 3000);
    const last = others.pop();
    if (first === undefined || last === undefined) throw new Error('There are no items.');
    for (const person of others) line.leave(person);
    const latecomers = join(line, 3000, 3000);
    expect([first, last, ...latecomers].map((person) => line.position(person))).toEqual(
      Array.from({ length: 3002 }, (_, index) => index + 1),
    );
    line.leave(first);
    expect(line.position(last)).toBe(1);
  });

  it('takes no room for items that enter and leave at its end', () => {
    const line = new WaitingLine<Person>();
    join(line, 200);
    const places = Array.from({ length: 5000 }, () => {
      const newcomer = new Person(200);
      line.enter(newcomer);
      const { place } = newcomer;
      line.leave(newcomer);
      return place;
    });
    expect(new Set(places).size).toBe(1);
  });

  it('can be emptied and used again after it was large', () => {
    const line = new WaitingLine<Person>();
    join(line, 1000);
    while (line.next(1, 1) !== undefined);
    expect(passThrough(line, 3000)).toEqual(Array.from({ length: 3000 }, (_, index) => [1, index + 1]));
  });
});

function numbersOf(people: Iterable<Person>): number[] {
  return Array.from(people, ({ number }) => number);
}
