let waiting: (() => void)[] = [];

/** Calls back when everything has been read that had arrived, at the end of this iteration of the event loop. */
export function atEndOfTurn(callback: () => void): void {
  if (waiting.length === 0) setImmediate(callAll);
  waiting.push(callback);
}

function callAll(): void {
  const callbacks = waiting;
  waiting = [];
  for (const callback of callbacks) callback();
}
