import { compressedError, tooManyConnectionsError } from '../base/refusals/refusals.js';
import type { OpenConnections } from './http/connections/open-connections.js';
import type { App, LineContext } from './http/context.js';
import { asksForWebSocket } from './http/errors.js';
import { checkRole } from './http/keys/roles.js';
import { pagePaths } from './routes/state/console.js';
import { loadReportPath } from './routes/state/load-tests.js';
import { healthPaths } from './routes/state/observation.js';

/** What browsers open, without a key. */
const keylessPaths: ReadonlySet<string> = new Set([...pagePaths, loadReportPath]);

/** Refuses requests before their bodies are read: beyond the limit of connections, without a key that may do it, compressed. */
export function checkRequests(
  app: App,
  { keys, connectionLimits }: Pick<LineContext, 'keys' | 'connectionLimits'>,
  connections: OpenConnections,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { routeOptions, raw, method, is404 } = request;
    const { socket, headers } = raw;
    // What else has been sent on a connection that the server has closed is not run: the answer would not be read.
    if (socket.destroyed) {
      reply.hijack();
      return;
    }
    const isBeyond = connections.isBeyond(socket);
    if (healthPaths.has(routeOptions.url ?? '')) {
      // The next health check needs the place.
      if (isBeyond) reply.header('connection', 'close');
    } else {
      if (isBeyond) {
        connections.refused(socket);
        throw tooManyConnectionsError(connectionLimits.most);
      }
      // codex tries a WebSocket that is refused for its key again and again, and only then without.
      const isWebSocket = is404 && asksForWebSocket(headers);
      if (!keylessPaths.has(routeOptions.url ?? '') && !isWebSocket) {
        keys.check(raw, () => request.ip);
        checkRole(keys, raw, method, routeOptions.url);
      }
      const encoding = headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity' && !is404) throw compressedError(encoding);
    }
    done();
  });
}
