let waiting: (() => void)[] = [];
let pending: NodeJS.Immediate | null = null;

/** Calls back when everything has been read that had arrived, at the end of this iteration of the event loop. */
export function atEndOfTurn(callback: () => void): void {
  waiting.push(callback);
  pending ??= setImmediate(callAll);
}

/**
 * Lets what others have put off to the end of this iteration go before all that was given to {@link atEndOfTurn}, such as a
 * request before the pieces of many streams.
 */
export function letOthersGoFirst(): void {
  if (pending === null) return;
  clearImmediate(pending);
  pending = setImmediate(callAll);
}

function callAll(): void {
  const callbacks = waiting;
  waiting = [];
  pending = null;
  for (const callback of callbacks) callback();
}
