import { ChatstreamError } from '../base/errors.js';

/** The address of NATS, and our credentials. */
export interface ClusterAddress {
  /** Each as `host:port`. */
  readonly servers: readonly string[];
  /** Whether the URL asks for TLS. Without it, the server decides. */
  readonly tls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  /** A URL with a name but no password has a token. */
  readonly token: string | null;
  /** For messages: without user, password and token. */
  readonly shown: string;
}

const hint = 'Write nats://host:4222, or tls://host:4222; several servers of one cluster are separated by commas.';

/**
 * Reads `nats://user:password@host:4222` or `tls://host:4222`. Several, separated by commas, are servers of the same
 * cluster; user and password are those of the first address that has them.
 *
 * @throws ChatstreamError `usage` with a message that contains no secrets
 */
export function parseClusterAddress(text: string): ClusterAddress {
  const urls = text.split(',').map((each) => urlOf(each.trim()));
  const named = urls.find(({ username }) => username !== '');
  const isToken = named?.password === '';
  const name = named === undefined ? null : decodeURIComponent(named.username);
  const servers = urls.map(({ hostname, port }) => `${hostname}:${port === '' ? '4222' : port}`);
  const tls = urls.some(({ protocol }) => protocol === 'tls:');
  return {
    servers,
    tls,
    user: isToken ? null : name,
    password: named === undefined || isToken ? null : decodeURIComponent(named.password),
    token: isToken ? name : null,
    shown: servers.map((server) => `${tls ? 'tls' : 'nats'}://${server}`).join(','),
  };
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isNats = url !== null && ['nats:', 'tls:'].includes(url.protocol) && url.hostname !== '';
  if (!isNats || !['', '/'].includes(url.pathname) || url.search !== '') {
    throw new ChatstreamError('usage', '--cluster does not name a NATS server.', { hint });
  }
  return url;
}
