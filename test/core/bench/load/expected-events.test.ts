import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { chooseWorkers, expectedEvents } from '../../../../src/core/bench/load/in-workers.js';
import { eventsOf } from '../../../../src/core/bench/open-load.js';
import type { FindMaxOptions, Load } from '../../../../src/core/bench/plan/options.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';

const clients: Load = { type: 'closed', concurrency: [8, 512] };
const arrivals: Load = { type: 'open', rates: [20, 100], arrival: 'poisson' };
const stream = { streaming: true };
const whole = { streaming: false };

describe('the events of a load', () => {
  it('are the tokens of streams: 50 a second for each client, or those of the highest rate', () => {
    expect(expectedEvents(clients, stream, 200)).toBe(512 * 50);
    expect(expectedEvents(arrivals, stream, 200)).toBe(100 * 200);
  });

  it('are answers if they come as a whole', () => {
    expect(expectedEvents(clients, whole, 200)).toBe((512 * 50) / 200);
    expect(expectedEvents(arrivals, whole, 200)).toBe(100);
  });

  it('have no limit in a search that raises them, which gets all cores but one', () => {
    const form = { endpoint: 'chat', streaming: true } as const;
    const planned = { load: arrivals, form, outputTokens: parseLengths('200') };
    const search = (by: FindMaxOptions['by']): FindMaxOptions => ({ objectives: [], by, precision: 0.05, start: 1 });
    for (const by of ['rate', 'concurrency'] as const) {
      const events = eventsOf({ ...planned, findMax: search(by) });
      expect(chooseWorkers(events)).toBe(Math.max(1, availableParallelism() - 1));
      // Several machines are told about it in JSON.
      expect(JSON.parse(JSON.stringify(events / 3))).toBeGreaterThan(1e6);
    }
    expect(eventsOf({ ...planned, findMax: search('max-concurrency') })).toBe(100 * 200);
    expect(eventsOf({ ...planned, findMax: null })).toBe(100 * 200);
  });
});
