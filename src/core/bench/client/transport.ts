import { type ConnectionOptions, createSecureContext, rootCertificates } from 'node:tls';

/** Which certificates of servers are accepted. */
export interface Trust {
  /** Certificates in PEM that are trusted besides those of the well-known authorities; null: no others. */
  readonly ca: string | null;
  /** Accepts any certificate. */
  readonly insecure: boolean;
}

/** How bytes get to a server; plain data, which can be sent to another thread. */
export interface Transport {
  /** The Unix socket to connect to; null: the host and port of the URL. */
  readonly socketPath: string | null;
  readonly trust: Trust;
}

/** To the URL's host, with the certificates that Node.js trusts. */
export const usualTransport: Transport = { socketPath: null, trust: { ca: null, insecure: false } };

/**
 * TLS options to share between connections, because creating them parses a hundred or more certificates if extra ones
 * are trusted.
 */
export type TlsOptions = Pick<ConnectionOptions, 'secureContext' | 'rejectUnauthorized'>;

export function tlsOptionsOf({ ca, insecure }: Trust): TlsOptions {
  return {
    ...(ca === null ? {} : { secureContext: createSecureContext({ ca: [...rootCertificates, ca] }) }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}
