import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';
import type { InferenceEvent } from '../../../src/core/inference/request.js';
import { observeKeys } from '../../../src/core/telemetry/key-metrics.js';
import { KeyUsage, totalByModel, totalUsage } from '../../../src/core/telemetry/key-usage.js';
import { Totals } from '../../../src/core/telemetry/totals.js';
import { settled } from '../../support/settled.js';

const hourMs = 3_600_000;

function usageFor(retentionMs: number): {
  readonly usage: KeyUsage;
  readonly end: (...ended: Parameters<typeof settled>) => void;
  readonly pass: (ms: number) => void;
} {
  let nowMs = 1000 * hourMs + 1;
  const events = new Emitter<InferenceEvent>();
  const usage = new KeyUsage(events.subscribe, retentionMs, () => nowMs);
  return {
    usage,
    end: (...ended) => {
      events.emit(settled(...ended));
    },
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

describe('the usage of keys', () => {
  it('is counted for each key and hour', () => {
    const { usage, end, pass } = usageFor(24 * hourMs);
    end('anna', 'completed', 10);
    end('anna', 'refused');
    end('ben', 'cancelled_running', 4);
    pass(hourMs);
    end('anna', 'completed', 20);
    expect(usage.names).toEqual(['anna', 'ben']);
    const hours = usage.hoursOf('anna', 24);
    expect(hours.map(({ startMs, outputTokens }) => [startMs / hourMs, outputTokens])).toEqual([
      [1000, 10],
      [1001, 20],
    ]);
    expect(totalUsage(hours)).toEqual({
      requests: { completed: 2, cancelled: 0, refused: 1, timed_out: 0, failed: 0 },
      promptTokens: 30,
      cachedTokens: 15,
      outputTokens: 30,
      queueMs: 15,
    });
    expect(usage.hoursOf('anna', 1)).toHaveLength(1);
  });

  it('is counted for each model where there are several', () => {
    const { usage, end, pass } = usageFor(24 * hourMs);
    end('anna', 'completed', 10, 'small');
    end('anna', 'completed', 20, 'large');
    end('ben', 'completed', 40, 'small');
    end('anna', 'refused');
    pass(hourMs);
    end('anna', 'failed', 2, 'small');
    const hours = usage.hoursOf('anna', 24);
    expect(hours.map(({ models }) => [...models.keys()])).toEqual([['small', 'large'], ['small']]);
    const byModel = [...totalByModel(hours)].map(([model, used]) => [model, used.outputTokens, used.requests]);
    const none = { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 };
    expect(byModel).toEqual([
      ['large', 20, { ...none, completed: 1 }],
      ['small', 12, { ...none, completed: 1, failed: 1 }],
    ]);
    expect(totalUsage(hours)).toMatchObject({ outputTokens: 32, requests: { completed: 2, refused: 1, failed: 1 } });
  });

  it('tells the first hundred models apart, however many upstream servers come to offer', () => {
    const { usage, end } = usageFor(hourMs);
    for (let index = 0; index < 120; index += 1) end('anna', 'completed', 1, `model ${index}`);
    end('anna', 'completed', 1, 'model 0');
    const [hour] = usage.hoursOf('anna', 1);
    expect(hour?.models.size).toBe(101);
    expect(hour?.models.get('model 0')?.outputTokens).toBe(2);
    expect(hour?.models.get('other')?.outputTokens).toBe(20);
  });

  it.each(['cancelled_waiting', 'timed_out', 'refused', 'failed'] as const)(
    'has no tokens of requests that never left the queue: %s',
    async (outcome) => {
      const events = new Emitter<InferenceEvent>();
      const usage = new KeyUsage(events.subscribe, hourMs);
      const totals = new Totals(events.subscribe);
      const registry = new Registry();
      observeKeys(events.subscribe, registry);
      const tokens = { promptTokens: 10, cachedTokens: 0, outputTokens: 0 };
      for (const prefillMs of [0, 3]) {
        const event = settled('anna', outcome);
        if (event.type === 'settled') events.emit({ ...event, timings: { ...event.timings, ...tokens, prefillMs } });
      }
      // The second one had begun.
      expect(totalUsage(usage.hoursOf('anna', 1))).toMatchObject({ promptTokens: 10, queueMs: 10 });
      expect(totals.tokens).toEqual({ prompt: 10, cached: 0, output: 0 });
      expect(await registry.metrics()).toContain('chatstream_key_prompt_tokens_total{key="anna"} 10\n');
    },
  );

  it('is kept for as long as it should be', () => {
    const { usage, end, pass } = usageFor(2 * hourMs);
    end(null, 'completed', 1);
    pass(2 * hourMs);
    expect(usage.names).toEqual(['anonymous']);
    pass(hourMs);
    expect(usage.names).toEqual([]);
  });

  it('is not kept at all if nothing should be', () => {
    const { usage, end } = usageFor(0);
    end('anna', 'completed', 1);
    expect(usage.names).toEqual([]);
  });
});
