import { Flags } from '@oclif/core';
import { ChatstreamError } from '../../core/base/errors.js';
import { parseClusterAddress } from '../../core/bus/cluster-address.js';
import type { NatsOptions } from '../../core/bus/nats-access.js';

const cluster = { helpGroup: 'CLUSTER' };

/** How to reach NATS. */
export const clusterFlags = {
  cluster: Flags.string({
    ...cluster,
    summary:
      'NATS server through which the machines find each other: nats://host:4222, tls://host:4222, or with user:password@ before the host.',
  }),
  'cluster-creds': Flags.file({
    ...cluster,
    summary: 'Credentials file of a NATS user, as nsc writes it.',
  }),
  'cluster-ca': Flags.file({
    ...cluster,
    summary: 'PEM file with the authorities that may have signed the certificate of the NATS server.',
  }),
  'cluster-cert': Flags.file({
    ...cluster,
    summary: 'PEM file with a certificate to show to a NATS server that asks for one. Needs --cluster-key.',
  }),
  'cluster-key': Flags.file({
    ...cluster,
    summary: 'PEM file with the key of --cluster-cert.',
  }),
};

/** The values that oclif parses from them. */
export interface ClusterFlags {
  readonly cluster?: string | undefined;
  readonly 'cluster-creds'?: string | undefined;
  readonly 'cluster-ca'?: string | undefined;
  readonly 'cluster-cert'?: string | undefined;
  readonly 'cluster-key'?: string | undefined;
}

/** @throws ChatstreamError `usage` for a missing or invalid address, and for a certificate without its key */
export function natsOptionsOf(flags: ClusterFlags): Omit<NatsOptions, 'name'> {
  if (flags.cluster === undefined) {
    throw new ChatstreamError('usage', 'The other machines cannot be found without --cluster.', {
      hint: 'Start nats-server on a machine that all of them can reach, and add --cluster nats://HOST:4222.',
    });
  }
  return {
    address: parseClusterAddress(flags.cluster),
    credentialsPath: flags['cluster-creds'] ?? null,
    caPath: flags['cluster-ca'] ?? null,
    certificate: certificateOf(flags),
  };
}

function certificateOf({
  'cluster-cert': certPath,
  'cluster-key': keyPath,
}: Pick<ClusterFlags, 'cluster-cert' | 'cluster-key'>): NatsOptions['certificate'] {
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  if (certPath === undefined && keyPath === undefined) return null;
  const missing = certPath === undefined ? '--cluster-cert' : '--cluster-key';
  throw new ChatstreamError('usage', `A certificate for NATS has two files, but ${missing} is not given.`, {
    hint: 'Give both --cluster-cert and --cluster-key.',
  });
}
