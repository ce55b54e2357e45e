import type { CancelTimer, Clock } from '../../base/clock.js';
import type { LineConnection } from './line-connection.js';

export interface OutageEvents {
  /** There is a holder that can be reached: at the start, and each time that another channel has been opened. */
  readonly onOpen: () => void;
  /** There has been none for {@link outageMs}. */
  readonly onLasting: () => void;
}

/** Without a line for so long, in milliseconds, those that wait are turned away. */
const outageMs = 15_000;

/** Tells when the line of a model can be reached, and when it could not be for so long that nobody should wait for it. */
export function watchOutages(connection: LineConnection, clock: Clock, { onOpen, onLasting }: OutageEvents): void {
  let cancelTimer: CancelTimer = () => undefined;
  const change = (isOpen: boolean): void => {
    cancelTimer();
    if (isOpen) onOpen();
    else cancelTimer = clock.schedule(outageMs, onLasting);
  };
  connection.changes(change);
  change(connection.isOpen);
}
