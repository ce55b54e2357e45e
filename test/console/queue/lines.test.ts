import { describe, expect, it } from 'vitest';
import { linesOf, shownLines } from '../../../console/src/queue/lines.js';
import type { QueueState, Waiting } from '../../../console/src/queue/queue-state.js';

function waitingOf(trafficClass: string, count: number): Waiting[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ state: 'waiting', id: `${trafficClass}-${index}`, key: 'k', trafficClass, model: null, position: index + 1 },
    ...{ waitsForKey: false, pausedTokens: null, ranMs: null, places: 1, arrivedAtMs: 0, expectedAtMs: null },
  }));
}

describe('the lines of the classes', () => {
  it('share the rows; what a short line does not need, the others get', () => {
    const lines = linesOf(
      [...waitingOf('batch', 50), ...waitingOf('standard', 50), ...waitingOf('interactive', 1)],
      11,
    );
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

describe('what is shown of the request queue', () => {
  const shown = (
    listed: number,
    waitingCount: number,
    rows: number,
    lists: 'all' | 'own' = 'all',
  ): readonly unknown[] => {
    const status = { ...({} as QueueState['status']), waiting_count: waitingCount, lists };
    const { lines, more, isMoreSaid } = shownLines({ waiting: waitingOf('standard', listed), status }, rows);
    return [lines[0]?.entries.length ?? 0, more, isMoreSaid];
  };

  it('is all of it where there is room', () => {
    expect(shown(5, 5, 5)).toEqual([5, 0, false]);
  });

  it('leaves the last row for the number of the others', () => {
    expect(shown(6, 6, 5)).toEqual([4, 2, true]);
    expect(shown(40, 1000, 5)).toEqual([4, 996, true]);
  });

  it('says nothing before there is any room', () => {
    expect(shown(6, 6, 0)).toEqual([0, 6, false]);
  });

  it('keeps a row for the requests of others, which a user does not see', () => {
    expect(shown(5, 5, 5, 'own')).toEqual([4, 1, true]);
    expect(shown(0, 3, 5, 'own')).toEqual([0, 3, true]);
    expect(shown(2, 2, 5, 'own')).toEqual([2, 0, false]);
  });
});
