import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.js';
import type { ConnectionLimits } from './connection-limits.js';
import { onResponseEnd } from './open-answers.js';

/**
 * How long a connection must have been idle before it makes room for another one, in milliseconds. When many clients connect
 * at once, all are accepted before the first request is read: without this, they would close each other's connections.
 */
export const graceMs = 250;

export interface OpenConnectionsOptions {
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** Called when an idle connection was closed to make room. */
  readonly onIdleClosed: () => void;
  /** Answers a connection for which there is no room at all, and closes it. */
  readonly refuse: (socket: Socket) => void;
}

/**
 * The connections of a server, within limits, so that clients cannot use up the descriptors that requests and the restart
 * of the engine need.
 *
 * A connection is idle while no request on it is being answered: before the headers of its first request are complete,
 * and between requests. When there is no room, the connection that has been idle for longest is closed; connections
 * with requests never are. If all have requests or have only just come, a few more connections are accepted only so that their requests can be
 * refused with a status: closing a connection before its request was read would look like a broken network.
 */
export class OpenConnections {
  readonly #options: OpenConnectionsOptions;
  /** How many requests each connection has that are not yet answered. */
  readonly #requests = new Map<Socket, number>();
  /** Since when each idle connection is so, in milliseconds. The one that has been idle for longest comes first. */
  readonly #idle = new Map<Socket, number>();
  /** Accepted only to be refused. */
  readonly #beyond = new Set<Socket>();

  constructor(server: Server, options: OpenConnectionsOptions) {
    this.#options = options;
    server.on('connection', (socket: Socket) => {
      this.#onConnection(socket);
    });
    // Before the handler of the application, so that a request is counted while it is handled.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#onRequest(request, response);
    });
  }

  /** All that are open. */
  get open(): number {
    return this.#requests.size;
  }

  /** Those without a request. */
  get idle(): number {
    return this.#idle.size;
  }

  /** Whether the requests of this connection must be refused: there was no room when it came, and there still is none. */
  isBeyond(socket: Socket): boolean {
    if (!this.#beyond.has(socket)) return false;
    if (this.#requests.size > this.#options.limits.most) return true;
    this.#beyond.delete(socket);
    return false;
  }

  #onConnection(socket: Socket): void {
    const { limits, refuse } = this.#options;
    const hasRoom = this.#makeRoom();
    if (!hasRoom && this.#beyond.size >= limits.beyond) {
      refuse(socket);
      return;
    }
    this.#requests.set(socket, 0);
    if (hasRoom) this.#idle.set(socket, this.#options.clock.now());
    else this.#beyond.add(socket);
    socket.once('close', () => {
      this.#requests.delete(socket);
      this.#idle.delete(socket);
      this.#beyond.delete(socket);
    });
  }

  /** @returns whether there is room for one more connection */
  #makeRoom(): boolean {
    const { most, mostIdle } = this.#options.limits;
    if (this.#idle.size >= mostIdle) this.#closeOldestIdle();
    while (this.#requests.size >= most) {
      if (!this.#closeOldestIdle()) return false;
    }
    return true;
  }

  /** @returns whether there was one that has been idle for long enough */
  #closeOldestIdle(): boolean {
    const [first] = this.#idle;
    if (first === undefined) return false;
    const [oldest, sinceMs] = first;
    if (this.#options.clock.now() - sinceMs < graceMs) return false;
    // It leaves both counts now: the event that it is closed comes later.
    this.#idle.delete(oldest);
    this.#requests.delete(oldest);
    oldest.destroy();
    this.#options.onIdleClosed();
    return true;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const before = this.#requests.get(socket);
    // Closed while its request was on the way.
    if (before === undefined) return;
    this.#requests.set(socket, before + 1);
    this.#idle.delete(socket);
    onResponseEnd(request, response, () => {
      this.#onAnswered(socket);
    });
  }

  #onAnswered(socket: Socket): void {
    const before = this.#requests.get(socket);
    if (before === undefined || socket.destroyed) return;
    this.#requests.set(socket, before - 1);
    if (before === 1 && !this.#beyond.has(socket)) this.#idle.set(socket, this.#options.clock.now());
  }
}
