import type { Connection } from './connection.js';

/** Why a request was ended from our side. */
export type Interruption = 'timed_out' | 'aborted';

/** The handle on a request that is under way, whether it waits for a connection or for its answer. */
export class InFlight {
  #interruption: Interruption | null = null;
  #connection: Connection | null = null;
  #bytesReadBefore = 0;

  get interruption(): Interruption | null {
    return this.#interruption;
  }

  /** What had arrived on its connection before it was sent there. */
  get bytesReadBefore(): number {
    return this.#bytesReadBefore;
  }

  /** From now on it depends on this connection. */
  use(connection: Connection): void {
    this.#connection = connection;
    this.#bytesReadBefore = connection.bytesRead;
    if (this.#interruption !== null) connection.destroy();
  }

  /** Ends it now; the first reason counts. */
  interrupt(interruption: Interruption): void {
    this.#interruption ??= interruption;
    this.#connection?.destroy();
  }
}
