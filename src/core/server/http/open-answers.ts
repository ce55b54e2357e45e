import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { onResponseEnd } from './response-end.js';

/**
 * The answers that are on their way. Node takes one for done as soon as its end was written, and closes its connection
 * with what the client has not read yet; a server that shuts down must wait longer than that.
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

  /** Resolves when whoever has asked until now has all of their answer, or is gone. Half a request is none. */
  async delivered(): Promise<void> {
    const asked = [...this.#open].filter(([, request]) => request.complete);
    await Promise.all(asked.map(([response, request]) => endOf(request, response)));
  }
}

function endOf(request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    onResponseEnd(request, response, resolve);
  });
}
