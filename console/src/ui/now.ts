import { signal } from '@preact/signals';

/** How far the server's clock is ahead of this browser's. */
let aheadMs = 0;

/** The time on the server's clock, in Unix milliseconds, brought up to date four times a second. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now() + aheadMs;
}, 250);

/** @param atMs - The time on the server's clock now. */
export function setServerTime(atMs: number): void {
  aheadMs = atMs - Date.now();
  now.value = atMs;
}
