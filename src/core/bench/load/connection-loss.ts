import type { RequestOutcome } from '../client/outcome.js';

/** Codes of requests for which no connection could be opened. */
const noConnection: ReadonlySet<string> = new Set([
  'connection_refused',
  'host_unreachable',
  'host_not_found',
  'socket_not_found',
]);

/** On most machines, a server that is restarted by its supervisor is back sooner. */
const lostAfterUs = 3_000_000;

/** Notices that a server is gone, so that the load does not keep trying to connect until its time is over. */
export class ConnectionLoss {
  #sinceUs: number | null = null;

  /** @returns whether no connection could be opened for 3 s */
  observe(outcome: RequestOutcome): boolean {
    if (outcome.status !== 'failed' || !noConnection.has(outcome.code)) {
      this.#sinceUs = null;
      return false;
    }
    this.#sinceUs ??= outcome.endUs;
    return outcome.endUs - this.#sinceUs >= lostAfterUs;
  }
}
