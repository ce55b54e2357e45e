import { Counter, Gauge, type Registry } from 'prom-client';
import type { ServingEngine } from '../engine/engine.js';
import { cacheSources, type PromptCacheActivity } from '../engine/prompt-cache-activity.js';

const nothing: PromptCacheActivity = {
  pid: 0,
  entries: 0,
  bytes: 0,
  evictions: 0,
  hits: { slot: 0, memory: 0, copy: 0 },
  misses: 0,
  tokens: 0,
  busyMs: 0,
};

type ObservedEngine = Pick<ServingEngine, 'rounds' | 'states' | 'processes'>;

/** Registers metrics of the prompt caches of all engines. One counts from its start, so what a new process reports is added. */
export function observePromptCache(engines: readonly ObservedEngine[], registry: Registry): void {
  const registers = [registry];
  const name = (ending: string): string => `chatstream_prompt_cache_${ending}`;
  const hits = new Counter({
    name: name('hits_total'),
    help: 'Generations that began with at least 32 tokens or half of their prompt, by where these came from.',
    labelNames: ['source'],
    registers,
  });
  for (const source of cacheSources) hits.inc({ source }, 0);
  const counter = (ending: string, help: string): Counter => new Counter({ name: name(ending), help, registers });
  const misses = counter('misses_total', 'Generations that began with less.');
  const tokens = counter('tokens_total', 'Prompt tokens that needed no prefill.');
  const evictions = counter('evictions_total', 'Conversations that were given up for others.');
  const seconds = counter('busy_seconds_total', 'Time spent on saving, restoring and copying conversations.');
  const bytes = new Gauge({ name: name('bytes'), help: 'Memory taken by conversations without a slot.', registers });
  const entries = new Gauge({ name: name('entries'), help: 'Conversations kept without a slot.', registers });

  /** The last report of each engine; where several serve one line, by their names. */
  const held = new Map<ObservedEngine, Map<string, PromptCacheActivity>>(engines.map((engine) => [engine, new Map()]));
  const sum = (): void => {
    const all = [...held.values()].flatMap((reports) => [...reports.values()]);
    bytes.set(sumOf(all, (activity) => activity.bytes));
    entries.set(sumOf(all, (activity) => activity.entries));
  };
  for (const [engine, reports] of held) {
    engine.rounds(({ promptCache: now, executor = '' }) => {
      if (now === undefined) return;
      const last = reports.get(executor) ?? nothing;
      const before = now.pid === last.pid ? last : nothing;
      for (const source of cacheSources) hits.inc({ source }, now.hits[source] - before.hits[source]);
      misses.inc(now.misses - before.misses);
      tokens.inc(now.tokens - before.tokens);
      evictions.inc(now.evictions - before.evictions);
      seconds.inc((now.busyMs - before.busyMs) / 1000);
      reports.set(executor, now);
      sum();
    });
    const processes: NonNullable<ServingEngine['processes']> = engine.processes ?? [engine];
    for (const { role, executor, states } of processes) {
      if (role === 'prompts') continue;
      states(({ status }) => {
        if (status === 'starting' || status === 'ready') return;
        // Its memory is free again. What it has counted is kept, in case only its prompt process has died.
        for (const [name, last] of reports) {
          if (executor === undefined || name === executor) reports.set(name, { ...last, entries: 0, bytes: 0 });
        }
        sum();
      });
    }
  }
}

function sumOf(activities: Iterable<PromptCacheActivity>, number: (activity: PromptCacheActivity) => number): number {
  let sum = 0;
  for (const activity of activities) sum += number(activity);
  return sum;
}
