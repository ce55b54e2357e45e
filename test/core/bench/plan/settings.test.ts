import { describe, expect, it } from 'vitest';
import { planSettings, powersOfTwo } from '../../../../src/core/bench/plan/settings.js';

const closed = (...concurrency: number[]) => ({ type: 'closed', concurrency }) as const;

describe('powersOfTwo', () => {
  it.each([
    [1, [1]],
    [2, [1, 2]],
    [8, [1, 2, 4, 8]],
    [12, [1, 2, 4, 8, 12]],
  ])('up to %i', (most, powers) => {
    expect(powersOfTwo(most)).toEqual(powers);
  });
});

describe('planSettings', () => {
  it('sweeps powers of two up to the number of clients', () => {
    const { settings, warnings } = planSettings({ load: closed(8), maxConcurrency: null, sweepUpTo: 8 }, { slots: 8 });
    expect(settings.map(({ max_concurrency: each }) => each)).toEqual([1, 2, 4, 8]);
    expect(warnings).toEqual([]);
  });

  it('stops at the slots of the server and says so', () => {
    const { settings, warnings } = planSettings(
      { load: closed(16), maxConcurrency: null, sweepUpTo: 16 },
      { slots: 4 },
    );
    expect(settings.map(({ max_concurrency: each }) => each)).toEqual([1, 2, 4]);
    expect(warnings.join()).toContain('--slots 16');
  });

  it('refuses a setting above the slots, with what to do', () => {
    expect(() => planSettings({ load: closed(8), maxConcurrency: [2, 8], sweepUpTo: 8 }, { slots: 4 })).toThrow(
      /--max-concurrency 8 is more than the server's 4 slots/,
    );
  });

  it('measures each load with each setting', () => {
    const { settings } = planSettings({ load: closed(2, 4), maxConcurrency: [1, 3], sweepUpTo: 4 }, { slots: 4 });
    expect(settings.map(({ concurrency, max_concurrency: each }) => [concurrency, each])).toEqual([
      [2, 1],
      [2, 3],
      [4, 1],
      [4, 3],
    ]);
  });

  it('measures a server whose max-concurrency cannot be set as it is, and says that -n had no effect', () => {
    const { settings, warnings } = planSettings({ load: closed(8), maxConcurrency: [1, 2], sweepUpTo: 8 }, null);
    expect(settings).toEqual([{ concurrency: 8, rate: null, max_concurrency: null }]);
    expect(warnings).toHaveLength(1);
  });

  it('sweeps under an open loop up to where it was told', () => {
    const load = { type: 'open', rates: [2.5], arrival: 'poisson' } as const;
    const { settings } = planSettings({ load, maxConcurrency: null, sweepUpTo: 4 }, { slots: 8 });
    expect(settings).toEqual([1, 2, 4].map((each) => ({ concurrency: null, rate: 2.5, max_concurrency: each })));
  });

  it('measures every rate of a list, each with every max-concurrency', () => {
    const load = { type: 'open', rates: [1, 5], arrival: 'poisson' } as const;
    const { settings } = planSettings({ load, maxConcurrency: [2, 4], sweepUpTo: 4 }, { slots: 8 });
    expect(settings.map(({ rate, max_concurrency: each }) => [rate, each])).toEqual([
      [1, 2],
      [1, 4],
      [5, 2],
      [5, 4],
    ]);
  });
});
