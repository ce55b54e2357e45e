import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../console/src/queue/lines.js';
import type { Waiting } from '../../../console/src/queue/queue-state.js';

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
