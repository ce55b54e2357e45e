import type { RequestOutcome } from '../client/outcome.js';

/** Codes of requests for which no connection could be opened. */
const noConnection: ReadonlySet<string> = new Set([
  'connection_refused',
  'host_unreachable',
  'host_not_found',
  'socket_not_found',
]);

/** A server that is restarted by its supervisor is back sooner, on most machines. */
const lostAfterUs = 3_000_000;

/** Notices that a server is gone, so that the load need not keep knocking at a closed door until its time is over. */
export class ConnectionLoss {
  #sinceUs: number | null = null;

  /** @returns whether for 3 s no connection could be opened */
  observe(outcome: RequestOutcome): boolean {
    if (outcome.status !== 'failed' || !noConnection.has(outcome.code)) {
      this.#sinceUs = null;
      return false;
    }
    this.#sinceUs ??= outcome.endUs;
    return outcome.endUs - this.#sinceUs >= lostAfterUs;
  }
}
