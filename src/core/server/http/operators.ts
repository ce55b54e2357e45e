import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { notLocalError } from '../../base/key-refusals.js';
import type { App, LineContext } from './context.js';

interface Sender {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/**
 * Checks that a request comes from an operator. With keys, roles have been checked by then. Without keys, anybody may use the
 * model, but only programs on this machine may end the server or put it under load. A request for any name but localhost may
 * come through a proxy on this machine, or from a page of somebody whose name was made to lead here (DNS rebinding).
 *
 * @throws ChatstreamError `forbidden`
 */
export function checkOperator({ keys }: Pick<LineContext, 'keys'>, { socket, headers }: Sender): void {
  if (keys.tellsApart) return;
  if (!isLoopback(socket.remoteAddress ?? '') || !isPlainHost(headers.host ?? '')) throw notLocalError();
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

/** The URL at which this process reaches its own server; null before it listens. */
export function ownUrl({ server }: App): string | null {
  const address = server.address();
  if (address === null || typeof address === 'string') return null;
  const { family, port } = address;
  const host = address.address === '0.0.0.0' ? '127.0.0.1' : address.address === '::' ? '::1' : address.address;
  return family === 'IPv6' ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}
