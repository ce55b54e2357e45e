import { describe, expect, it } from 'vitest';
import { expectedEvents } from '../../../../src/core/bench/load/in-workers.js';
import type { Load } from '../../../../src/core/bench/plan/options.js';

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
});
