import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Authenticator, ConnectionOptions, TlsOptions } from '@nats-io/transport-node';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { readProblem } from '../base/files/file-errors.js';
import type { ClusterAddress } from './cluster-address.js';

/** How to reach NATS. */
export interface NatsOptions {
  readonly address: ClusterAddress;
  /** File with a user's JWT and key, in the format of `nsc`; null: none. */
  readonly credentialsPath: string | null;
  /** File with certificates of authorities to trust, in PEM; null: those of the system. */
  readonly caPath: string | null;
  /** Files with the certificate that this client presents, in PEM, and its key; null: none. */
  readonly certificate: { readonly certPath: string; readonly keyPath: string } | null;
  /** The name of this connection in the server's lists. */
  readonly name: string;
}

type Login = Pick<ConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator'>;

/**
 * How a client shows NATS who it is. A file of credentials is read again for each connection, because credentials expire and are
 * replaced while a server runs.
 *
 * @param signing of the client's library
 * @throws ChatstreamError `usage` if the file cannot be read, or has no credentials
 */
export async function loginOf(
  { address, credentialsPath }: NatsOptions,
  signing: (credentials: () => Uint8Array) => Authenticator,
): Promise<Login> {
  if (credentialsPath === null) return given({ user: address.user, pass: address.password, token: address.token });
  let latest: Uint8Array = await fileOf(credentialsPath);
  const isKept = await isRegular(credentialsPath);
  const signer = signing(() => latest);
  try {
    signer('any challenge');
  } catch (error) {
    throw new ChatstreamError('usage', `${credentialsPath} is not a credentials file of NATS: ${messageOf(error)}.`, {
      hint: 'Such a file has the JWT of a user and its key, as nsc writes them.',
      cause: error,
    });
  }
  return {
    authenticator: (challenge) => {
      const before = latest;
      try {
        if (isKept) latest = readFileSync(credentialsPath);
        return signer(challenge);
      } catch {
        // It is being replaced, or has been removed.
        latest = before;
        return signer(challenge);
      }
    },
  };
}

/**
 * Files are read again for each connection, for the same reason.
 *
 * @returns undefined: the server decides whether there is TLS
 * @throws ChatstreamError `usage` if a file cannot be read
 */
export async function tlsOf({ address, caPath, certificate }: NatsOptions): Promise<TlsOptions | undefined> {
  const { tls, servers } = address;
  if (!tls && caPath === null && certificate === null) return undefined;
  const [host = ''] = (servers[0] ?? '').split(/:\d+$/);
  // For a server without a name, the client checks the certificate against "localhost", unless it is given the address.
  const byNumber = servers.length === 1 && isIP(host) !== 0 ? { host } : {};
  return {
    ...(await pemOf('ca', caPath)),
    ...(await pemOf('cert', certificate?.certPath ?? null)),
    ...(await pemOf('key', certificate?.keyPath ?? null)),
    ...byNumber,
  };
}

/** What can be read only once, such as a pipe, is given to the client as text. */
async function pemOf(name: 'ca' | 'cert' | 'key', path: string | null): Promise<TlsOptions> {
  if (path === null) return {};
  const text = (await fileOf(path)).toString('utf8');
  return (await isRegular(path)) ? { [`${name}File`]: path } : { [name]: text };
}

async function fileOf(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw new ChatstreamError('usage', readProblem('certificates or credentials of NATS', path, error), {
      cause: error,
    });
  });
}

async function isRegular(path: string): Promise<boolean> {
  return (await stat(path)).isFile();
}

/** What is not null. */
function given<Name extends string>(values: Readonly<Record<Name, string | null>>): Partial<Record<Name, string>> {
  const known: Partial<Record<Name, string>> = {};
  for (const name in values) {
    const value = values[name];
    if (value !== null) known[name] = value;
  }
  return known;
}
