import { describe, expect, it } from 'vitest';
import { RoundReports } from '../../../../../src/core/engine/llama/rounds/round-reports.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

function create(): {
  readonly reports: RoundReports<number>;
  readonly clock: VirtualClock;
  readonly reported: number[];
} {
  const clock = new VirtualClock();
  const reported: number[] = [];
  return { reports: new RoundReports<number>((round) => reported.push(round), clock), clock, reported };
}

describe('a round that is reported later', () => {
  it('is held until the next one has computed for two milliseconds', () => {
    const { reports, clock, reported } = create();
    reports.later(1);
    clock.advance(10);
    reports.computing();
    clock.advance(1.9);
    expect(reported).toEqual([]);
    clock.advance(0.1);
    expect(reported).toEqual([1]);
  });

  it('comes before the next one, also where that takes less time than threads need to start', () => {
    const { reports, clock, reported } = create();
    reports.later(1);
    reports.computing();
    clock.advance(1);
    reports.later(2);
    expect(reported).toEqual([1]);
    clock.advance(1);
    // The time of the first one has passed, but the third round has not begun.
    expect(reported).toEqual([1]);
    reports.now(3);
    expect(reported).toEqual([1, 2, 3]);
    clock.advance(10);
    expect(reported).toEqual([1, 2, 3]);
  });

  it('is reported once, and at once where something else has to be done first', () => {
    const { reports, clock, reported } = create();
    reports.later(1);
    reports.flush();
    expect(reported).toEqual([1]);
    reports.flush();
    reports.computing();
    clock.advance(10);
    expect(reported).toEqual([1]);
  });
});
