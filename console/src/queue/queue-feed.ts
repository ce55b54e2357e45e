import { signal } from '@preact/signals';
import { callEvents } from '../api/client.js';
import { stayConnected } from '../api/connection.js';
import { keysMatter } from '../api/key.js';
import { queueChange, queueSnapshot } from '../api/wire.js';
import { setServerTime, stopServerTime } from '../ui/now.js';
import { fromSnapshot, type QueueState, withChange } from './queue-state.js';

/** Both queues as the server told last; undefined until it has. */
export const queue = signal<QueueState | undefined>(undefined);

/** The server sends something every 15 s. After so long without, the connection is dead, even if nothing has closed it. */
const silenceMs = 40_000;

/** Follows the queues of the server. @returns what ends it */
export function followQueue(): () => void {
  return stayConnected(async (signal, onLive) => {
    const silent = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        silent.abort();
      }, silenceMs);
    };
    try {
      const events = callEvents('v1/queue/events', { signal: AbortSignal.any([signal, silent.signal]) }, listen);
      for await (const { event, data } of events) {
        take(event, JSON.parse(data));
        onLive();
      }
    } finally {
      clearTimeout(timer);
      // What is shown is as of now, until there is news.
      if (!signal.aborted) stopServerTime();
    }
  });
}

function take(event: string, data: unknown): void {
  const before = queue.peek();
  if (event === 'snapshot') queue.value = fromSnapshot(queueSnapshot(data), before);
  else if (event === 'change' && before !== undefined) queue.value = withChange(before, queueChange(data));
  else return;
  const { lists, has_keys: hasKeys } = queue.value.status;
  if (hasKeys || lists === 'own') keysMatter.value = true;
  setServerTime(queue.value.atMs);
}
