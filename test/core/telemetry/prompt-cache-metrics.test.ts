import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';
import type { EngineState, Round } from '../../../src/core/engine/engine.js';
import type { PromptCacheActivity } from '../../../src/core/engine/prompt-cache-activity.js';
import { observePromptCache } from '../../../src/core/telemetry/prompt-cache-metrics.js';

function activity(changes: Partial<PromptCacheActivity>): Round {
  const promptCache = {
    pid: 1,
    entries: 1,
    bytes: 100,
    evictions: 0,
    hits: { slot: 0, memory: 0, copy: 0 },
    misses: 0,
    tokens: 0,
    busyMs: 0,
    ...changes,
  };
  return { durationMs: 1, batchSize: 1, events: [], promptCache };
}

describe('metrics of the prompt cache', () => {
  it('add what each engine process has counted since its start', async () => {
    const rounds = new Emitter<Round>();
    const states = new Emitter<EngineState>();
    const registry = new Registry();
    observePromptCache([{ rounds: rounds.subscribe, states: states.subscribe }], registry);
    rounds.emit(activity({ hits: { slot: 2, memory: 1, copy: 0 }, tokens: 50, busyMs: 1500, misses: 3 }));
    rounds.emit(activity({ hits: { slot: 2, memory: 4, copy: 0 }, tokens: 90, busyMs: 2500, misses: 3, bytes: 700 }));
    const before = await registry.metrics();
    expect(before).toContain('chatstream_prompt_cache_hits_total{source="memory"} 4');
    expect(before).toContain('chatstream_prompt_cache_tokens_total 90');
    expect(before).toContain('chatstream_prompt_cache_busy_seconds_total 2.5');
    expect(before).toContain('chatstream_prompt_cache_bytes 700');

    rounds.emit(activity({ pid: 2, hits: { slot: 1, memory: 0, copy: 1 }, tokens: 10, misses: 1 }));
    const after = await registry.metrics();
    expect(after).toContain('chatstream_prompt_cache_hits_total{source="slot"} 3');
    expect(after).toContain('chatstream_prompt_cache_tokens_total 100');
    expect(after).toContain('chatstream_prompt_cache_misses_total 4');
  });

  it.each([
    { status: 'restarting', attempt: 1, reason: 'it died' },
    { status: 'failed', reason: 'it died' },
    { status: 'stopped' },
  ] as const)('show no memory of a process that has ended: $status', async (state) => {
    const rounds = new Emitter<Round>();
    const states = new Emitter<EngineState>();
    const registry = new Registry();
    observePromptCache([{ rounds: rounds.subscribe, states: states.subscribe }], registry);
    rounds.emit(activity({ tokens: 50 }));
    states.emit(state);
    expect(await registry.metrics()).toContain('chatstream_prompt_cache_bytes 0');
    expect(await registry.metrics()).toContain('chatstream_prompt_cache_entries 0');

    rounds.emit(activity({ pid: 2, tokens: 10 }));
    expect(await registry.metrics()).toContain('chatstream_prompt_cache_tokens_total 60');
    expect(await registry.metrics()).toContain('chatstream_prompt_cache_bytes 100');
  });

  it('show what is left where one of several processes has ended', async () => {
    const rounds = new Emitter<Round>();
    const [first, second, prompts] = [
      new Emitter<EngineState>(),
      new Emitter<EngineState>(),
      new Emitter<EngineState>(),
    ];
    const registry = new Registry();
    const processes = [
      { role: 'engine', executor: 'local-1', states: first.subscribe },
      { role: 'engine', executor: 'local-2', states: second.subscribe },
      { role: 'prompts', states: prompts.subscribe },
    ] as const;
    observePromptCache(
      [{ rounds: rounds.subscribe, states: new Emitter<EngineState>().subscribe, processes }],
      registry,
    );
    rounds.emit({ ...activity({ pid: 1 }), executor: 'local-1' });
    rounds.emit({ ...activity({ pid: 2, bytes: 30 }), executor: 'local-2' });
    prompts.emit({ status: 'restarting', attempt: 1, reason: 'it died' });
    expect(await registry.metrics()).toContain('chatstream_prompt_cache_bytes 130');
    first.emit({ status: 'restarting', attempt: 1, reason: 'it died' });
    expect(await registry.metrics()).toContain('chatstream_prompt_cache_bytes 30');
  });

  it('add up what several engines report', async () => {
    const rounds = new Emitter<Round>();
    const registry = new Registry();
    observePromptCache([{ rounds: rounds.subscribe, states: new Emitter<EngineState>().subscribe }], registry);
    rounds.emit({ ...activity({ pid: 1, misses: 1 }), executor: 'local-1' });
    rounds.emit({ ...activity({ pid: 2, misses: 2, bytes: 30 }), executor: 'local-2' });
    rounds.emit({ ...activity({ pid: 1, misses: 3 }), executor: 'local-1' });
    const text = await registry.metrics();
    expect(text).toContain('chatstream_prompt_cache_misses_total 5');
    expect(text).toContain('chatstream_prompt_cache_bytes 130');
    expect(text).toContain('chatstream_prompt_cache_entries 2');
  });
});
