import { signal } from '@preact/signals';
import { backoffMs } from './backoff.js';
import { ApiError } from './client.js';
import { DecodeError } from './decode.js';

/** How the page stands with its server. */
export type Connection =
  | { readonly status: 'connecting' }
  | { readonly status: 'live' }
  /** It broke. `retryAtMs` is when it will be tried again, on this browser's clock. */
  | { readonly status: 'lost'; readonly retryAtMs: number }
  /** The server answers, but not with this. Only a person can change that. */
  | { readonly status: 'refused'; readonly message: string }
  /** The server answers in a way that this page does not know: one of the two is older than the other. */
  | { readonly status: 'misread'; readonly message: string };

export const connection = signal<Connection>({ status: 'connecting' });

/**
 * How the connection broke, until the server is heard again: what the page shows of it is old. Attempts to connect in between
 * change nothing.
 */
export const broken = signal<'lost' | 'refused' | 'misread' | undefined>(undefined);

/** A page that nobody has looked at for so long costs the server nothing any more. */
const hiddenAfterMs = 10_000;

let retry: () => void = () => undefined;

/** Ends the wait before the next attempt. */
export function retryNow(): void {
  retry();
}

/**
 * Keeps a connection to the server for as long as the page is looked at: begins anew when it breaks, later and later, and
 * says so in {@link connection}.
 * @param attempt - Stays connected until it breaks or the signal aborts; calls `onLive` whenever the server has answered.
 * @returns What ends it.
 */
export function stayConnected(attempt: (signal: AbortSignal, onLive: () => void) => Promise<void>): () => void {
  let current: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const begin = (): void => {
    stop();
    const controller = new AbortController();
    current = controller;
    const onLive = (): void => {
      failures = 0;
      broken.value = undefined;
      if (connection.peek().status !== 'live') connection.value = { status: 'live' };
    };
    void attempt(controller.signal, onLive).then(
      () => {
        if (!controller.signal.aborted) lose();
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) {
          connection.value = { status: 'refused', message: error.message };
          broken.value = 'refused';
        } else if (error instanceof DecodeError) {
          connection.value = { status: 'misread', message: error.message };
          broken.value = 'misread';
        } else lose();
      },
    );
  };
  const lose = (): void => {
    const waitMs = backoffMs(failures, Math.random());
    failures += 1;
    connection.value = { status: 'lost', retryAtMs: Date.now() + waitMs };
    broken.value = 'lost';
    timer = setTimeout(() => {
      connection.value = { status: 'connecting' };
      begin();
    }, waitMs);
  };
  const stop = (): void => {
    clearTimeout(timer);
    current?.abort();
    current = undefined;
  };
  const again = (): void => {
    failures = 0;
    connection.value = { status: 'connecting' };
    begin();
  };
  // A page that is hidden is connected at first sight, unless it is still connected.
  const isResting = (): boolean => document.hidden && current === undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const onVisibility = (): void => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(stop, hiddenAfterMs);
    else if (current === undefined) again();
  };
  const onOnline = (): void => {
    if (connection.peek().status === 'lost' && !isResting()) again();
  };

  document.addEventListener('visibilitychange', onVisibility);
  addEventListener('online', onOnline);
  retry = again;
  if (!isResting()) again();
  return () => {
    clearTimeout(hiding);
    document.removeEventListener('visibilitychange', onVisibility);
    removeEventListener('online', onOnline);
    if (retry === again) retry = () => undefined;
    stop();
  };
}
