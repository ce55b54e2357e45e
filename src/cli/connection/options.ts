import { readCertificates } from '../../core/bench/target/certificates.js';
import type { WatchOptions } from '../../core/watch/watched-server.js';

export interface ConnectionFlags {
  readonly 'api-key'?: string | undefined;
  readonly ca?: string | undefined;
  readonly insecure: boolean;
}

/**
 * How to reach a running server.
 *
 * @throws ChatstreamError `usage` if the file with certificates does not exist
 */
export async function connectionOptions(flags: ConnectionFlags): Promise<Omit<WatchOptions, 'patienceMs'>> {
  const [key] = (flags['api-key'] ?? '').split(',');
  return {
    headers: key === undefined || key.trim() === '' ? {} : { authorization: `Bearer ${key.trim()}` },
    trust: { ca: flags.ca === undefined ? null : await readCertificates(flags.ca), insecure: flags.insecure },
  };
}
