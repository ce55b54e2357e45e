import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { KeyRing } from './key-ring.js';

/** Headers that proxies add. */
const forwardingHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const;

/** Of a request, as Node.js has it. */
export interface Sender {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/**
 * Whether a request may come from an operator. With keys, their roles say that. Without keys, anybody may use the model and
 * look at the queues, but only programs on this machine may do what is for administrators. A request for any name but
 * localhost may come through a proxy on this machine, or from another site's page whose name was made to lead here (DNS
 * rebinding). Other proxies on this machine put an address of their own in its place, but most say for whom they ask.
 */
export function mayOperate({ tellsApart }: Pick<KeyRing, 'tellsApart'>, { socket, headers }: Sender): boolean {
  if (tellsApart) return true;
  const isForwarded = forwardingHeaders.some((name) => headers[name] !== undefined);
  return isLoopback(socket.remoteAddress ?? '') && isPlainHost(headers.host ?? '') && !isForwarded;
}

/** Whether a `Host` is localhost or an IP address, with or without a port. */
function isPlainHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name.toLowerCase() === 'localhost' || isIP(name) !== 0;
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return address === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}
