import { ChatstreamError } from '../base/errors.js';
import { member } from '../base/json.js';
import { networkReasons } from '../base/network-reasons.js';
import type { ClusterAddress } from './cluster-address.js';
import { connectionReason, isRefusal } from './nats-outage.js';

interface Tried {
  readonly address: ClusterAddress;
  /** The file of the user's credentials; null: none. */
  readonly credentialsPath: string | null;
}

/**
 * Why there was no connection, and what to do about it.
 *
 * @param cause the client's error
 */
export function connectError(tried: Tried, cause: unknown): ChatstreamError {
  const { shown } = tried.address;
  const reason = connectionReason(cause);
  if (isRefusal(cause)) {
    const [who, hint] = refused(tried);
    return new ChatstreamError('cluster_unavailable', `NATS at ${shown} refuses ${who}: ${reason}.`, { hint, cause });
  }
  const hint = tlsHint(cause);
  // It was reached, but there is no agreement on encryption.
  if (hint !== null) {
    return new ChatstreamError('cluster_unavailable', `No connection to NATS at ${shown} is possible: ${reason}.`, {
      ...{ hint, cause },
    });
  }
  return new ChatstreamError('cluster_unavailable', `NATS cannot be reached at ${shown}: ${reason}.`, {
    ...{ hint: 'Is nats-server running there, and does it respond?', cause },
  });
}

/** Whether a later attempt may succeed without anything being changed here: the server is not there, or hangs. */
export function mayPass({ cause }: ChatstreamError): boolean {
  const code = member(cause, 'code') ?? member(member(cause, 'cause'), 'code');
  return String(code) in networkReasons;
}

/** Who was refused, and a hint. */
function refused({ address: { user, token }, credentialsPath }: Tried): readonly [string, string] {
  if (credentialsPath !== null) {
    return [
      `the user of ${credentialsPath}`,
      'Does this server know the account that signed the user, and has neither expired?',
    ];
  }
  if (user !== null) return [`the user ${user}`, 'Check the user and password in --cluster.'];
  if (token !== null) {
    return ['this token', 'Check the token in --cluster. A user needs a password as well: nats://USER:PASSWORD@host.'];
  }
  return [
    'clients without credentials',
    'Set CHATSTREAM_CLUSTER to nats://USER:PASSWORD@host or nats://TOKEN@host, or name a file with --cluster-creds.',
  ];
}

const ofUnknownAuthority: readonly unknown[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Null if it is hardly about TLS. */
function tlsHint(cause: unknown): string | null {
  const code = member(cause, 'code');
  if (ofUnknownAuthority.includes(code)) return 'Name the authorities that signed its certificate with --cluster-ca.';
  // With TLS 1.3, the client does not learn that its certificate is missing.
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return 'See the log of nats-server. If it asks for a certificate, name one with --cluster-cert and --cluster-key.';
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'Give nats-server a certificate that is valid for this address, and has not expired.';
  }
  if (cause instanceof Error && cause.message === "server does not support 'tls'") {
    return 'Switch on TLS at nats-server, or write nats:// instead of tls://, without --cluster-ca and --cluster-cert.';
  }
  return null;
}
