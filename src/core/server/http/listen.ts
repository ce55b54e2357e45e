import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { member } from '../../base/json.js';
import type { App, ServerOptions } from './context.js';

/**
 * Opens the port, on one address.
 *
 * @returns the URL at which the server can be reached
 * @throws ChatstreamError `address_unavailable`
 */
export async function listen(app: App, { host, port }: Pick<ServerOptions, 'host' | 'port'>): Promise<string> {
  try {
    return await app.listen({ host: await oneAddress(host), port });
  } catch (error) {
    throw addressError(error, host, port);
  }
}

/**
 * Fails before a model is loaded if the port cannot be opened: by another program, it may still be taken later.
 *
 * @throws ChatstreamError `address_unavailable`
 */
export async function checkAddress({ host, port }: Pick<ServerOptions, 'host' | 'port'>): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host: await oneAddress(host), port });
    await once(server, 'listening');
  } catch (error) {
    throw addressError(error, host, port);
  }
  server.close();
  await once(server, 'close');
}

/** The URL at which this process reaches its own server; null before it listens. */
export function ownUrl({ server }: App): string | null {
  const address = server.address();
  if (address === null || typeof address === 'string') return null;
  const { family, port } = address;
  const host = address.address === '0.0.0.0' ? '127.0.0.1' : address.address === '::' ? '::1' : address.address;
  return family === 'IPv6' ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

/**
 * For `localhost`, Fastify would open a second server on the other of 127.0.0.1 and ::1, whose connections would have no limits
 * and would not be counted. Clients that try ::1 first go on to 127.0.0.1, while some know only that.
 */
async function oneAddress(host: string): Promise<string> {
  if (host !== 'localhost') return host;
  const addresses = await lookup(host, { all: true });
  const preferred = addresses.find(({ family }) => family === 4) ?? addresses[0];
  return preferred?.address ?? '127.0.0.1';
}

function addressError(error: unknown, host: string, port: number): ChatstreamError {
  switch (member(error, 'code')) {
    case 'EADDRINUSE':
      return new ChatstreamError('address_unavailable', `Port ${port} on ${host} is in use by another program.`, {
        hint: `See which with "lsof -i :${port}", or choose another with --port (0 picks a free one).`,
        cause: error,
      });
    case 'EACCES':
      return new ChatstreamError('address_unavailable', `This user may not listen on port ${port}.`, {
        hint: 'Choose a --port above 1023, and put a proxy such as nginx in front.',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ChatstreamError('address_unavailable', `${host} is not an address of this machine.`, {
        hint: 'Use --host 127.0.0.1 for this machine alone, or 0.0.0.0 for all its networks.',
        cause: error,
      });
    default:
      return new ChatstreamError('address_unavailable', `Could not listen on ${host}:${port}: ${messageOf(error)}`, {
        cause: error,
      });
  }
}
