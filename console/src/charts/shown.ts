import { computed, signal } from '@preact/signals';
import type { HistorySample, Resources } from '../api/wire.js';

export interface Past {
  /** The oldest first. */
  readonly samples: readonly HistorySample[];
  /** What one sample covers. */
  readonly intervalSeconds: number;
  readonly machine: Resources;
}

/** The last minutes, as the server told last; undefined until it has. */
export const past = signal<Past | undefined>(undefined);

/**
 * The time of the sample that is looked at, by pointing at a chart or with the slider: its `at_ms`. Undefined: the newest one.
 */
export const chosenAtMs = signal<number | undefined>(undefined);

/** The place in the samples of the one that is shown: if the chosen one has been forgotten, of the oldest. */
export const shownIndex = computed(() => {
  const samples = past.value?.samples ?? [];
  const atMs = chosenAtMs.value;
  const index = atMs === undefined ? -1 : samples.findIndex(({ at_ms }) => at_ms >= atMs);
  return index === -1 ? samples.length - 1 : index;
});

/** The time of the sample that is shown, in Unix seconds; undefined if it is the newest because none was chosen. */
export const chosenTime = computed(() => {
  const sample = chosenAtMs.value === undefined ? undefined : past.value?.samples[shownIndex.value];
  return sample === undefined ? undefined : sample.at_ms / 1000;
});

/** @param index - Of a sample; undefined for the newest, whichever that will be. */
export function choose(index: number | undefined): void {
  chosenAtMs.value = index === undefined ? undefined : past.peek()?.samples[index]?.at_ms;
}
