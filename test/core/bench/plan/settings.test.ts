import { describe, expect, it } from 'vitest';
import type { FindMaxOptions } from '../../../../src/core/bench/plan/options.js';
import { searchedSettings } from '../../../../src/core/bench/plan/searched.js';
import { commonQueue, planSettings, powersOfTwo } from '../../../../src/core/bench/plan/settings.js';

const closed = (...concurrency: number[]) => ({ type: 'closed', concurrency }) as const;

const serverWith = (slots: number) => ({ slots, slotsAt: 'server' }) as const;

const search: FindMaxOptions = { objectives: [], by: 'concurrency', start: 1, precision: 0.05 };

function refusedBy(plan: () => unknown): unknown {
  try {
    plan();
  } catch (error) {
    return error;
  }
  return null;
}

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

describe('commonQueue', () => {
  it('is the one with the fewest slots', () => {
    expect(commonQueue([serverWith(8), { slots: 2, slotsAt: 'nodes' }])).toEqual({ slots: 2, slotsAt: 'nodes' });
  });

  it.each([
    ['a server has no such setting', [serverWith(8), null]],
    ['there are no servers', []],
    ['a server has no slots at the moment, such as one without upstreams', [serverWith(8), serverWith(0)]],
  ])('is none if %s', (_, queues) => {
    expect(commonQueue(queues)).toBeNull();
  });
});

describe('planSettings', () => {
  it('sweeps powers of two up to the number of clients', () => {
    const { settings, warnings } = planSettings({ load: closed(8), maxConcurrency: null, sweepUpTo: 8 }, serverWith(8));
    expect(settings.map(({ max_concurrency: each }) => each)).toEqual([1, 2, 4, 8]);
    expect(warnings).toEqual([]);
  });

  it('stops at the slots of the server and says so', () => {
    const { settings, warnings } = planSettings(
      { load: closed(16), maxConcurrency: null, sweepUpTo: 16 },
      serverWith(4),
    );
    expect(settings.map(({ max_concurrency: each }) => each)).toEqual([1, 2, 4]);
    expect(warnings.join()).toContain('--slots 16');
  });

  it('refuses a setting above the slots, with what to do', () => {
    expect(() => planSettings({ load: closed(8), maxConcurrency: [2, 8], sweepUpTo: 8 }, serverWith(4))).toThrow(
      /--max-concurrency 8 is more than the server's 4 slots/,
    );
  });

  it.each([
    [
      'server',
      "more than the server's 2 slots.",
      'Start the server with --slots 8, or measure settings up to 2.',
      'The server has 2 slots, so settings above that were not measured. Start the server with --slots 8 to measure them.',
    ],
    [
      'upstreams',
      "more than the 2 places of the server's upstreams.",
      "Give the server's upstreams 8 places in all (slots= in serve --upstream, or more upstreams), or measure settings up to 2.",
      "The server's upstreams have 2 places, so settings above that were not measured. Give the server's upstreams 8 places in all (slots= in serve --upstream, or more upstreams) to measure them.",
    ],
    [
      'nodes',
      "more than the 2 slots of the cluster's nodes.",
      "Give the cluster's nodes 8 slots in all (chatstream node --slots, or more nodes), or measure settings up to 2.",
      "The cluster's nodes have 2 slots, so settings above that were not measured. Give the cluster's nodes 8 slots in all (chatstream node --slots, or more nodes) to measure them.",
    ],
  ] as const)('says how to get more slots where those of the %s are too few', (slotsAt, message, hint, warning) => {
    const queue = { slots: 2, slotsAt };
    const refusals = [
      () => planSettings({ load: closed(8), maxConcurrency: [2, 8], sweepUpTo: 8 }, queue),
      () => searchedSettings(search, { load: closed(8), maxConcurrency: [8] }, queue),
    ];
    const [inSweep, inSearch] = refusals.map((refusal) => refusedBy(refusal));
    expect(inSweep).toMatchObject({ message: `--max-concurrency 8 is ${message}`, hint });
    const [raise] = hint.split(', or measure');
    expect(inSearch).toMatchObject({ message: `--max-concurrency 8 is ${message}`, hint: `${raise}, or lower it.` });
    const { warnings } = planSettings({ load: closed(8), maxConcurrency: null, sweepUpTo: 8 }, queue);
    expect(warnings).toEqual([warning]);
  });

  it('measures each load with each setting', () => {
    const { settings } = planSettings({ load: closed(2, 4), maxConcurrency: [1, 3], sweepUpTo: 4 }, serverWith(4));
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
    const { settings } = planSettings({ load, maxConcurrency: null, sweepUpTo: 4 }, serverWith(8));
    expect(settings).toEqual([1, 2, 4].map((each) => ({ concurrency: null, rate: 2.5, max_concurrency: each })));
  });

  it('measures every rate of a list, each with every max-concurrency', () => {
    const load = { type: 'open', rates: [1, 5], arrival: 'poisson' } as const;
    const { settings } = planSettings({ load, maxConcurrency: [2, 4], sweepUpTo: 4 }, serverWith(8));
    expect(settings.map(({ rate, max_concurrency: each }) => [rate, each])).toEqual([
      [1, 2],
      [1, 4],
      [5, 2],
      [5, 4],
    ]);
  });

  it('leaves the max-concurrency as it is for several rates, of which none would be recommended', () => {
    const load = { type: 'open', rates: [1, 3, 8], arrival: 'poisson' } as const;
    const { settings, warnings } = planSettings({ load, maxConcurrency: null, sweepUpTo: 8 }, serverWith(4));
    expect(settings).toEqual([1, 3, 8].map((rate) => ({ concurrency: null, rate, max_concurrency: null })));
    expect(warnings).toEqual([]);
  });

  it('sweeps it for several rates as well if the end of the sweep is given', () => {
    const load = { type: 'open', rates: [1, 3], arrival: 'poisson' } as const;
    const given = { load, maxConcurrency: null, sweepUpTo: 2, isSweepGiven: true };
    const { settings } = planSettings(given, serverWith(4));
    expect(settings.map(({ rate, max_concurrency: each }) => [rate, each])).toEqual([
      [1, 1],
      [1, 2],
      [3, 1],
      [3, 2],
    ]);
  });

  it('says that the end of a sweep has no effect where nothing can be swept', () => {
    const load = { type: 'open', rates: [3], arrival: 'poisson' } as const;
    const given = { load, maxConcurrency: null, sweepUpTo: 2 };
    expect(planSettings({ ...given, isSweepGiven: true }, null).warnings).toEqual([
      "--concurrency 2 has no effect: an open loop has no clients, and the server's max-concurrency cannot be set from here.",
    ]);
    expect(planSettings(given, null).warnings).toEqual([]);
    expect(planSettings({ ...given, isSweepGiven: true }, serverWith(8)).warnings).toEqual([]);
  });
});
