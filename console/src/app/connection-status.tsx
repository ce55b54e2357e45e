import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { broken, connection, retryNow } from '../api/connection.js';
import { apiKey, changeKey, takesKeys } from '../api/key.js';
import { appWords } from './words.js';

/** Whether what is shown is alive, in a word. */
export function ConnectionDot(): JSX.Element | null {
  const words = appWords();
  const { status } = connection.value;
  switch (status) {
    case 'live':
      return <span class="app-connection app-live">{words.live}</span>;
    case 'connecting':
      return broken.value === 'lost' ? null : <span class="app-connection">{words.connecting}</span>;
    case 'lost':
    case 'refused':
    case 'misread':
      return null;
  }
}

/** Says that the connection is broken, and when it is tried again. Announced once for each time that it breaks. */
export function ConnectionBanner(): JSX.Element {
  const words = appWords();
  const { value } = connection;
  const secondsLeft = useSecondsUntil(value.status === 'lost' ? value.retryAtMs : undefined);
  // It stays while the page tries again, so that it neither flickers nor is announced anew.
  const isLost = broken.value === 'lost' && (value.status === 'lost' || value.status === 'connecting');
  const isRefused = value.status === 'refused' || value.status === 'misread';
  return (
    <div class={isLost || isRefused ? 'app-banner' : 'visually-hidden'}>
      <p role="status">
        {isLost && words.lost}
        {value.status === 'refused' && words.refusedByServer(value.message)}
        {value.status === 'misread' && words.misread(value.message)}
      </p>
      {value.status === 'lost' && <span class="figure">{words.nextAttempt(secondsLeft)}</span>}
      {isLost && value.status === 'connecting' && <span>{words.connecting}</span>}
      {value.status === 'refused' && takesKeys.value && (
        <button onClick={takeOtherKey}>{apiKey.value === undefined ? words.keyGive : words.keyChange}</button>
      )}
      {value.status === 'misread' ? (
        <button onClick={reload}>{words.reload}</button>
      ) : (
        (isLost || isRefused) && <button onClick={retryNow}>{words.retryNow}</button>
      )}
    </div>
  );
}

/** Asks for another key, and begins anew with it. */
export function takeOtherKey(): void {
  void changeKey().then((isChanged) => {
    if (isChanged) retryNow();
  });
}

function reload(): void {
  location.reload();
}

function useSecondsUntil(atMs: number | undefined): number {
  const seconds = useSignal(0);
  useEffect(() => {
    if (atMs === undefined) return;
    const count = (): void => {
      seconds.value = Math.max(0, Math.ceil((atMs - Date.now()) / 1000));
    };
    count();
    const timer = setInterval(count, 250);
    return () => {
      clearInterval(timer);
    };
  }, [atMs, seconds]);
  return seconds.value;
}
