import { isIPv6 } from 'node:net';
import { ChatstreamError } from '../../../core/base/errors.js';

/**
 * The value of `--host`.
 *
 * @throws ChatstreamError `usage` if it is empty, for which Node.js would listen on all networks, or written as in a URL
 */
export function hostOf(host: string): string {
  if (host.trim() === '') {
    throw new ChatstreamError('usage', 'The address of --host is empty.', {
      hint: 'Leave it out for this machine only, or write 0.0.0.0 for all networks.',
    });
  }
  const hint = formHint(host);
  if (hint === null) return host;
  throw new ChatstreamError('usage', `--host ${host} is not an address.`, { hint });
}

/** What to do about an address that is written as in a URL; null if it is not. */
function formHint(host: string): string | null {
  const [, bracketed = ''] = /^\[(.*)\]$/.exec(host) ?? [];
  if (isIPv6(bracketed)) return `Write it without brackets: --host ${bracketed}.`;
  const isPartOfUrl = host.includes('://') || (/:\d+$/.test(host) && !isIPv6(host));
  return isPartOfUrl ? 'Write the address alone, and the port with --port.' : null;
}
