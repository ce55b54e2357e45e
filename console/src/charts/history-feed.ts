import { computed, signal } from '@preact/signals';
import { callJson } from '../api/client.js';
import { stayConnected } from '../api/connection.js';
import { history, type HistorySample, type Resources, resources } from '../api/wire.js';

export interface Past {
  /** The oldest first. */
  readonly samples: readonly HistorySample[];
  /** What one sample covers. */
  readonly intervalSeconds: number;
  readonly machine: Resources;
}

/** The last minutes, as the server told last; undefined until it has. */
export const past = signal<Past | undefined>(undefined);

/** Which sample is looked at: by pointing at a chart or with the slider. Undefined: the newest. */
export const chosen = signal<number | undefined>(undefined);

/** The place in the samples of the one that is shown. */
export const shownIndex = computed(() => {
  const last = (past.value?.samples.length ?? 0) - 1;
  return chosen.value === undefined ? last : Math.min(chosen.value, last);
});

/** Follows the history of the server. @returns what ends it */
export function followHistory(): () => void {
  return stayConnected(async (signal, onLive) => {
    while (!signal.aborted) {
      const [{ samples, interval_s: intervalSeconds }, machine] = await Promise.all([
        callJson('v1/history', history, { signal }),
        callJson('v1/resources', resources, { signal }),
      ]);
      past.value = { samples, intervalSeconds, machine };
      onLive();
      await pause(intervalSeconds * 1000, signal);
    }
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
