import type { RequestOutcome } from './outcome.js';

export interface StreamingClientOptions {
  /** Where requests go, such as `http://127.0.0.1:8000/v1/chat/completions`. */
  readonly url: string;
  /** Sent with every request; `content-type` and `accept` are added if they are not among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds from the call of `send` to the end of the answer, connecting included; 0 is no limit. */
  readonly timeoutMs: number;
}

/** Sends requests and measures the streams that come back. Knows nothing of load, settings or histograms. */
export interface StreamingClient {
  /**
   * Opens connections until at least `count` are ready, so that no measured request pays for a handshake. Nothing is sent
   * on them.
   *
   * @throws ChatstreamError `engine_unavailable` if one cannot be opened
   */
  connect(count: number): Promise<void>;
  /**
   * Sends one request on a free connection, opening one if there is none. Never rejects: what goes wrong is an outcome.
   *
   * @param body JSON text
   * @param intendedUs when the plan wanted it sent
   */
  send(body: string, intendedUs: number): Promise<RequestOutcome>;
  /** Ends what is in flight; those requests' outcomes are `aborted`. */
  abort(): void;
  /** Aborts, and closes all connections. */
  close(): Promise<void>;
}
