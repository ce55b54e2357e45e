import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Peer } from '../channel/peer.js';
import type { LineConnection } from './line-connection.js';

export interface OutageEvents {
  /** There is a channel to a holder: at the start, and each time that another one has been opened. */
  readonly onOpen: () => void;
  /** No holder could be reached for {@link outageMs}. */
  readonly onLasting: () => void;
}

/** After this time without a line, or without NATS, in milliseconds, waiting requests are turned away. */
const outageMs = 15_000;

/**
 * Reports when the line of a model can be reached, and when it could not be for so long that no request should wait for
 * it.
 */
export function watchOutages(connection: LineConnection, clock: Clock, { onOpen, onLasting }: OutageEvents): void {
  const { change } = patience(clock, onLasting);
  connection.opened(onOpen);
  connection.changes(change);
  if (connection.isOpen) onOpen();
  change(connection.isOpen);
}

/**
 * Reports when NATS could not be reached for so long that no request should wait for an answer. @returns a function
 * that ends this
 */
export function watchCutOffs(peer: Peer, clock: Clock, onLasting: () => void): () => void {
  const { change, stop } = patience(clock, onLasting);
  const unsubscribe = peer.connection(change);
  change(peer.isConnected);
  return () => {
    unsubscribe();
    stop();
  };
}

/**
 * Is told whether something can be reached, each time that this changes, and reports when it could not be for too long.
 */
function patience(clock: Clock, onLasting: () => void): { change: (isThere: boolean) => void; stop: () => void } {
  let cancelTimer: CancelTimer = () => undefined;
  const change = (isThere: boolean): void => {
    cancelTimer();
    if (!isThere) cancelTimer = clock.schedule(outageMs, onLasting);
  };
  return {
    change,
    stop: () => {
      cancelTimer();
    },
  };
}
