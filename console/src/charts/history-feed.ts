import { callJson } from '../api/client.js';
import { stayConnected } from '../api/connection.js';
import { history, resources } from '../api/wire.js';
import { past } from './shown.js';

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
