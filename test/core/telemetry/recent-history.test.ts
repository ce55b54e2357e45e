import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';
import type { InferenceEvent, Outcome } from '../../../src/core/inference/request.js';
import { RecentHistory } from '../../../src/core/telemetry/recent-history.js';
import { Totals } from '../../../src/core/telemetry/totals.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function settled(outcome: Outcome, decodeMs: number, outputTokens: number): InferenceEvent {
  const counts = { promptTokens: 9, cachedTokens: 0, outputTokens, reasoningTokens: 0 };
  const timings = { queueMs: 0, prefillMs: 5, decodeMs, ...counts };
  return { type: 'settled', id: 'a', requestId: null, key: null, outcome, error: null, timings, sinceArrivalMs: 9 };
}

/** The history of a line whose generations run elsewhere. */
function withoutEngines(): { emit: (event: InferenceEvent) => void; next: () => Promise<RecentHistory['samples']> } {
  const events = new Emitter<InferenceEvent>();
  const clock = new VirtualClock();
  const history = new RecentHistory({
    line: { events: events.subscribe, running: 0, waiting: 0, snapshot: () => ({ runningOutputTokens: 0 }) },
    engines: [],
    totals: new Totals(events.subscribe),
    machine: {
      read: () =>
        Promise.resolve({
          ...{ cores: 1, cpu: 0, processCpu: 0, totalBytes: 1, usedBytes: 1, processBytes: 1, gpus: [] },
        }),
      stop: () => undefined,
    },
    clock,
  });
  return {
    emit: (event) => {
      events.emit(event);
    },
    next: async () => {
      await clock.advanceAsync(5000);
      return history.samples;
    },
  };
}

describe('the recent history, where other servers generate', () => {
  it('has the times between tokens of completed answers, each as often as it had gaps', async () => {
    const { emit, next } = withoutEngines();
    emit(settled('completed', 100, 11));
    emit(settled('completed', 400, 5));
    const [sample] = await next();
    // Ten gaps of 10 ms and four of 100 ms.
    expect(sample?.interToken?.p50).toBeCloseTo(10, 0);
    expect(sample?.interToken?.p95).toBeGreaterThan(97);
    expect(sample?.interToken?.p95).toBeLessThan(103);
  });

  it('has none of answers of one token or in one body, and of those that were broken off', async () => {
    const { emit, next } = withoutEngines();
    emit(settled('completed', 0, 1));
    emit(settled('completed', 0, 0));
    emit(settled('completed', 0, 16));
    emit(settled('cancelled_running', 100, 11));
    emit(settled('failed', 100, 11));
    const [sample] = await next();
    expect(sample?.outcomes.completed).toBe(3);
    expect(sample?.interToken).toBeNull();
  });
});
