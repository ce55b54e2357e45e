import { QueueRoom } from '../../scheduler/queue-room.js';

/**
 * Room for any number of requests, because the line itself decides about that. The front only knows whether it is
 * draining.
 */
export function openRoom(isDraining: () => boolean, retryAfterSeconds: () => number): QueueRoom {
  const state = {
    limits: { maxConcurrency: Infinity, maxQueue: Infinity },
    ...{
      maxQueuedTokens: null,
      places: Infinity,
      running: 0,
      waiting: 0,
      queuedTokens: 0,
      heldPlaces: 0,
      isSavingUp: false,
      hasContender: false,
    },
    get draining() {
      return isDraining();
    },
  };
  return new QueueRoom(state, () => null, retryAfterSeconds);
}
