import type { Run, Setting } from './result-schema.js';

/** The runs of each setting, by {@link settingsKey}, in the order in which the settings were first measured. */
export function bySetting(runs: readonly Run[]): Map<string, Run[]> {
  const settings = new Map<string, Run[]>();
  for (const run of runs) {
    const key = settingsKey(run.settings);
    const trials = settings.get(key);
    if (trials === undefined) settings.set(key, [run]);
    else trials.push(run);
  }
  return settings;
}

/** A key that is equal for equal settings. */
export function settingsKey({ concurrency, max_concurrency: maxConcurrency, rate }: Setting): string {
  return JSON.stringify([concurrency, maxConcurrency, rate]);
}
