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

/** Stays connected until it breaks or the signal aborts; calls `onLive` whenever the server has answered. */
type Attempt = (signal: AbortSignal, onLive: () => void) => Promise<void>;

/**
 * Keeps a connection to the server for as long as the page is looked at: begins anew when it breaks, later and later, and
 * says so in {@link connection}.
 * @returns What ends it.
 */
export function stayConnected(attempt: Attempt): () => void {
  const attempts = repeated(attempt);
  // A page that is hidden is connected at first sight, unless it is still connected.
  const isResting = (): boolean => document.hidden && attempts.areStopped();
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const onVisibility = (): void => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(attempts.stop, hiddenAfterMs);
    else if (attempts.areStopped()) attempts.startNow();
  };
  const onOnline = (): void => {
    if (connection.peek().status === 'lost' && !isResting()) attempts.startNow();
  };

  document.addEventListener('visibilitychange', onVisibility);
  addEventListener('online', onOnline);
  retry = attempts.startNow;
  if (!isResting()) attempts.startNow();
  return () => {
    clearTimeout(hiding);
    document.removeEventListener('visibilitychange', onVisibility);
    removeEventListener('online', onOnline);
    if (retry === attempts.startNow) retry = () => undefined;
    attempts.stop();
  };
}

interface Attempts {
  /** Connects at once, whatever happened before. */
  readonly startNow: () => void;
  readonly stop: () => void;
  /** Whether {@link stop} was called last, or nothing yet. */
  readonly areStopped: () => boolean;
}

/** One attempt after the other, until the server refuses or they are stopped. */
function repeated(attempt: Attempt): Attempts {
  let current: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const begin = (): void => {
    stop();
    connection.value = { status: 'connecting' };
    const controller = new AbortController();
    current = controller;
    const { signal } = controller;
    const onLive = (): void => {
      failures = 0;
      broken.value = undefined;
      if (connection.peek().status !== 'live') connection.value = { status: 'live' };
    };
    void attempt(signal, onLive).then(
      () => {
        if (!signal.aborted) lose();
      },
      (error: unknown) => {
        if (signal.aborted) return;
        const end = finalEnd(error);
        if (end === undefined) lose();
        else {
          connection.value = end;
          broken.value = end.status;
        }
      },
    );
  };
  const lose = (): void => {
    const waitMs = backoffMs(failures, Math.random());
    failures += 1;
    connection.value = { status: 'lost', retryAtMs: Date.now() + waitMs };
    broken.value = 'lost';
    timer = setTimeout(begin, waitMs);
  };
  const stop = (): void => {
    clearTimeout(timer);
    current?.abort();
    current = undefined;
  };
  const startNow = (): void => {
    failures = 0;
    begin();
  };
  return { startNow, stop, areStopped: () => current === undefined };
}

/** What an error means after which another attempt would end alike; undefined after any other. */
function finalEnd(error: unknown): Extract<Connection, { readonly status: 'refused' | 'misread' }> | undefined {
  if (error instanceof DecodeError) return { status: 'misread', message: error.message };
  const isRefusal = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
  return isRefusal ? { status: 'refused', message: error.message } : undefined;
}
