import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';
import type { InferenceEvent, Outcome } from '../../../src/core/inference/request.js';
import { countedOutcome, Totals } from '../../../src/core/telemetry/totals.js';

function settled(outcome: Outcome): InferenceEvent {
  const timings = {
    queueMs: 0,
    prefillMs: 0,
    decodeMs: 0,
    promptTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
  };
  return { type: 'settled', id: 'a', requestId: null, key: null, outcome, error: null, timings, sinceArrivalMs: 0 };
}

describe('totals', () => {
  it('begin at zero', () => {
    expect(new Totals(new Emitter<InferenceEvent>().subscribe).counts).toEqual({
      completed: 0,
      cancelled: 0,
      refused: 0,
      timed_out: 0,
      failed: 0,
    });
  });

  it('count every outcome', () => {
    const events = new Emitter<InferenceEvent>();
    const totals = new Totals(events.subscribe);
    for (const outcome of ['completed', 'completed', 'refused', 'timed_out', 'failed'] as const) {
      events.emit(settled(outcome));
    }
    expect(totals.counts).toEqual({ completed: 2, cancelled: 0, refused: 1, timed_out: 1, failed: 1 });
  });

  it.each(['cancelled_waiting', 'cancelled_running'] as const)('count %s as cancelled', (outcome) => {
    expect(countedOutcome(outcome)).toBe('cancelled');
  });

  it('ignore events that are not an end', () => {
    const events = new Emitter<InferenceEvent>();
    const totals = new Totals(events.subscribe);
    events.emit({ type: 'started', id: 'a', queueMs: 5 });
    events.emit({ type: 'first_token', id: 'a', prefillMs: 5, sinceArrivalMs: 10 });
    expect(Object.values(totals.counts)).toEqual([0, 0, 0, 0, 0]);
  });
});
