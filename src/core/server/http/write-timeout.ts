import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { App } from './context.js';

/**
 * Cuts off clients that do not read their answers, for answers that are sent as one body. Those larger than the system's
 * buffers, such as the tokens of a long text, would otherwise stay in memory for as long as their clients like.
 *
 * The timer is that of the socket: it restarts whenever the client reads something. Once all is sent, Node.js replaces it
 * by that for idle connections. Streamed answers do not come here: they set the same timer while they are congested.
 *
 * @param writeTimeoutMs how long a client may read nothing while data waits for it, in milliseconds; 0 is unlimited
 */
export function cutOffSlowReaders(app: App, writeTimeoutMs: number): void {
  if (writeTimeoutMs === 0) return;
  app.addHook('onSend', ({ raw: request }, { raw: response }, payload, done) => {
    // A request that was injected has no connection.
    if (request.socket instanceof Socket) watch(response, writeTimeoutMs);
    done(null, payload);
  });
}

function watch(response: ServerResponse, writeTimeoutMs: number): void {
  response.setTimeout(writeTimeoutMs, () => {
    response.destroy();
  });
  // Before Node.js sets the timer for idle connections; a pipelined request that is next may take longer than this one.
  response.prependOnceListener('finish', () => {
    response.setTimeout(0);
  });
}
