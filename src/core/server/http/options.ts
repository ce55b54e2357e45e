/** What the HTTP side of the server needs to know. Durations in milliseconds. */
export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Output tokens when a request names no limit. */
  readonly defaultMaxTokens: number;
  /** Accepted keys; none: everyone may ask. */
  readonly apiKeys: readonly string[];
  /** Origins that browsers may ask from; `*` is any. */
  readonly corsOrigins: readonly string[];
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** How long a client may read nothing while data waits for it; 0 is unlimited. */
  readonly writeTimeoutMs: number;
}
