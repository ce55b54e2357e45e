import { signal } from '@preact/signals';

/** How far the server's clock is ahead of this browser's. */
let aheadMs = 0;

let isStopped = false;

/** The time on the server's clock, in Unix milliseconds, brought up to date four times a second while the server is heard. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden && !isStopped) now.value = Date.now() + aheadMs;
}, 250);

/** @param atMs - The time on the server's clock now. */
export function setServerTime(atMs: number): void {
  isStopped = false;
  aheadMs = atMs - Date.now();
  now.value = atMs;
}

/** The time stands still until the server is heard again. */
export function stopServerTime(): void {
  isStopped = true;
}
