import type { CancelTimer, Clock } from '../../base/clock.js';
import type { LineConnection } from './line-connection.js';

export interface OutageEvents {
  /** There is a channel to a holder: at the start, and each time that another one has been opened. */
  readonly onOpen: () => void;
  /** None could be reached for {@link outageMs}. */
  readonly onLasting: () => void;
}

/** Without a line for so long, in milliseconds, those that wait are turned away. */
const outageMs = 15_000;

/** Tells when the line of a model can be reached, and when it could not be for so long that nobody should wait for it. */
export function watchOutages(connection: LineConnection, clock: Clock, { onOpen, onLasting }: OutageEvents): void {
  let cancelTimer: CancelTimer = () => undefined;
  const change = (isOpen: boolean): void => {
    cancelTimer();
    if (!isOpen) cancelTimer = clock.schedule(outageMs, onLasting);
  };
  connection.opened(onOpen);
  connection.changes(change);
  if (connection.isOpen) onOpen();
  change(connection.isOpen);
}
