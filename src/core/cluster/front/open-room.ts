import { QueueRoom } from '../../scheduler/queue-room.js';

/** Room for any number of requests: the line itself says what there is room for. Only a drain is the front's own affair. */
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
