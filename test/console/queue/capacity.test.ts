import { describe, expect, it } from 'vitest';
import type { WireModel, WireStatus } from '../../../console/src/api/wire.js';
import { capacityOf } from '../../../console/src/queue/capacity.js';

const limits = { max_concurrency: 2, max_queue: 64, slots: 4 };
const loaded = { ...limits, name: 'chat', state: 'loaded', eta_ms: null, running: 1, waiting: 0, preparing: 0 };

function status(models: readonly WireModel[], lines = 1): WireStatus {
  return {
    ...limits,
    lines,
    draining: false,
    may_turn: true,
    slots_at: 'server',
    preparing: 0,
    totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
    executors: [],
    models,
    lists: 'all',
    has_keys: false,
    running_count: 1,
    waiting_count: 0,
    output_tokens: 0,
  };
}

describe('how much may run and wait', () => {
  it('is what the limits say where there is one line', () => {
    expect(capacityOf(status([]))).toEqual({ maxConcurrency: 2, maxQueue: 64, slots: 4 });
    expect(capacityOf(status([loaded]))).toEqual({ maxConcurrency: 2, maxQueue: 64, slots: 4 });
  });

  it('counts the room in the lines of all models that share the places of others', () => {
    expect(capacityOf(status([], 3))).toEqual({ maxConcurrency: 2, maxQueue: 192, slots: 4 });
  });

  it('is the sum of the limits of several models, of which only those in memory have slots', () => {
    const code = { ...loaded, name: 'code', max_concurrency: 3 };
    const away = { ...loaded, name: 'away', state: 'unloaded', running: 0 };
    expect(capacityOf(status([loaded, code, away]))).toEqual({ maxConcurrency: 5, maxQueue: 192, slots: 8 });
  });

  it('counts the slots of a model that is unloaded once its last requests have ended', () => {
    const leaving = { ...loaded, name: 'leaving', state: 'unloading' };
    expect(capacityOf(status([loaded, leaving])).slots).toBe(8);
    expect(capacityOf(status([loaded, { ...leaving, running: 0 }])).slots).toBe(4);
  });
});
