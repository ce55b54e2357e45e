import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { clientLeftError } from '../../../base/refusals/refusals.js';

/**
 * The answers that are being delivered. Node considers an answer done as soon as its end was written, and then closes the
 * connection even if the client has not read everything; a server that shuts down must wait longer than that.
 */
export class OpenAnswers {
  readonly #open = new Map<ServerResponse, IncomingMessage>();

  constructor(server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#open.set(response, request);
      onResponseEnd(request, response, () => {
        this.#open.delete(response);
      });
    });
  }

  /** Resolves when every complete request has its whole answer or its client has left. */
  async delivered(): Promise<void> {
    const complete = [...this.#open].filter(([, request]) => request.complete);
    await Promise.all(complete.map(([response, request]) => endOf(request, response)));
  }
}

/**
 * Calls back once, when a response is over: all of it was sent, or the client has left. If it is over already, because
 * something was waited for before this was called, that is right after the caller's own work.
 *
 * The connection is watched as well as the response: with pipelining, a response that waits for an earlier one is not
 * notified that the connection has ended.
 */
export function onResponseEnd({ socket }: IncomingMessage, response: ServerResponse, callback: () => void): void {
  if (response.closed || socket.destroyed) {
    queueMicrotask(callback);
    return;
  }
  const over = (): void => {
    response.off('close', over);
    socket.off('close', over);
    callback();
  };
  response.on('close', over);
  socket.on('close', over);
}

/** Aborted when the client leaves. */
export function clientOf({ request, raw }: FastifyReply): AbortSignal {
  const client = new AbortController();
  onResponseEnd(request.raw, raw, () => {
    client.abort(clientLeftError());
  });
  return client.signal;
}

function endOf(request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    onResponseEnd(request, response, resolve);
  });
}
