import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../console/src/api/backoff.js';
import { linesOf } from '../../../console/src/queue/lines.js';
import { arrange } from '../../../console/src/queue/places.js';
import type { Waiting } from '../../../console/src/queue/queue-state.js';
import { stepped } from '../../../console/src/queue/steps.js';

describe('the places of running requests', () => {
  it.each([
    { places: 1, density: 'full', shown: 1 },
    { places: 8, density: 'full', shown: 8 },
    { places: 30, density: 'short', shown: 30 },
    { places: 100, density: 'tile', shown: 100 },
    { places: 5000, density: 'tile', shown: 135 },
  ])('$places are drawn as $density', ({ places, density, shown }) => {
    expect(arrange(places, 45, 45)).toMatchObject({ density, shown });
  });

  it('are one at least, even in an area that has no size yet', () => {
    expect(arrange(4, 0, 0)).toMatchObject({ columns: 1, shown: 1 });
  });
});

describe('the lines of the classes', () => {
  const waiting = (trafficClass: string, count: number): Waiting[] =>
    Array.from({ length: count }, (_, index) => ({
      ...{ state: 'waiting', id: `${trafficClass}-${index}`, key: 'k', trafficClass, model: null, position: index + 1 },
      ...{ waitsForKey: false, pausedTokens: null, ranMs: null, places: 1, arrivedAtMs: 0, expectedAtMs: null },
    }));

  it('share the rows; what a short line does not need, the others get', () => {
    const lines = linesOf([...waiting('batch', 50), ...waiting('standard', 50), ...waiting('interactive', 1)], 11);
    expect(lines.map(({ trafficClass, entries }) => [trafficClass, entries.length])).toEqual([
      ['interactive', 1],
      ['standard', 5],
      ['batch', 5],
    ]);
  });
});

describe('the lines of several models', () => {
  it('are apart, each with its classes', () => {
    const waiting = (model: string, trafficClass: string, position: number): Waiting => ({
      ...{ state: 'waiting', id: `${model}-${position}`, key: 'k', trafficClass, model, position },
      ...{ waitsForKey: false, pausedTokens: null, ranMs: null, places: 1, arrivedAtMs: 0, expectedAtMs: null },
    });
    const all = [
      waiting('small', 'batch', 1),
      waiting('large', 'batch', 1),
      waiting('small', 'interactive', 2),
      waiting('large', 'batch', 2),
    ];
    expect(linesOf(all, 4).map(({ model, trafficClass, entries }) => [model, trafficClass, entries.length])).toEqual([
      ['large', 'batch', 2],
      ['small', 'interactive', 1],
      ['small', 'batch', 1],
    ]);
  });
});

describe('the steps of a limit', () => {
  it.each([
    { from: 0, up: 1 },
    { from: 19, up: 20 },
    { from: 20, up: 25 },
    { from: 64, up: 65 },
    { from: 195, up: 200 },
    { from: 200, up: 250 },
    { from: 2000, up: 2500 },
  ])('from $from up to $up', ({ from, up }) => {
    expect(stepped(from, 1)).toBe(up);
  });

  it('come back the same way', () => {
    const ups = Array.from({ length: 80 }).reduce<number[]>(
      (values) => [...values, stepped(values.at(-1) ?? 0, 1)],
      [0],
    );
    const downs = ups.slice(1).map((value) => stepped(value, -1));
    expect(downs).toEqual(ups.slice(0, -1));
  });
});

describe('attempts to connect', () => {
  it('come later and later, up to 8 s, and not all pages at once', () => {
    expect([0, 1, 2, 3, 4, 30].map((failures) => backoffMs(failures, 0.5))).toEqual([
      500, 1000, 2000, 4000, 8000, 8000,
    ]);
    expect(backoffMs(0, 0)).toBeCloseTo(400);
    expect(backoffMs(0, 1)).toBeCloseTo(600);
  });
});
