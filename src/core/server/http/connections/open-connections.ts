import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../../base/clock.js';
import type { ConnectionLimits } from './connection-limits.js';
import { onResponseEnd } from './open-answers.js';

/**
 * How long a connection must have been idle before it makes room for another one, in milliseconds. When many clients connect
 * at once, all are accepted before the first request is read: without this, they would close each other's connections.
 */
export const graceMs = 250;

/**
 * How many requests a connection may have that are not answered yet. All that arrive together are begun in one turn of the event
 * loop, which a client could fill with thousands of them; those that pipeline at all send a few.
 */
export const mostPipelined = 32;

export interface OpenConnectionsOptions {
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** Called when an idle connection was closed to make room. */
  readonly onIdleClosed: () => void;
  /** Called when a connection was closed because more than {@link mostPipelined} requests came on it at once. */
  readonly onFlooded: () => void;
  /** Called once for each connection that is closed for lack of room, whether or not a request of it was read. */
  readonly onRefused: () => void;
  /** Answers a connection that has sent no request, and closes it. */
  readonly refuse: (socket: Socket) => void;
}

/**
 * The connections of a server, within limits, so that clients cannot use up the descriptors that requests and the restart
 * of the engine need.
 *
 * A connection is idle while no request on it is being answered: before the headers of its first request are complete,
 * and between requests. When there is no room, the connection that has been idle longest is closed; connections
 * with requests never are. If all have requests or have only just come, a few more connections are accepted beyond the
 * limit, so that health checks are answered and other requests are refused with a status: closing a connection before its
 * request was read would look like a broken network. Those that send nothing make room in the same way, for others
 * beyond the limit.
 */
export class OpenConnections {
  readonly #options: OpenConnectionsOptions;
  /** How many requests of each connection are not answered yet. */
  readonly #requests = new Map<Socket, number>();
  /** Since when each idle connection has been idle, in milliseconds. The one that has been idle longest comes first. */
  readonly #idle = new Map<Socket, number>();
  /** The same for idle connections beyond the limit. */
  readonly #idleBeyond = new Map<Socket, number>();
  /** Those beyond the limit, idle or not. */
  readonly #beyond = new Set<Socket>();
  readonly #refused = new WeakSet<Socket>();

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
    return this.#idle.size + this.#idleBeyond.size;
  }

  /** Whether there was no room for this connection when it came, and there still is none. */
  isBeyond(socket: Socket): boolean {
    // It is being closed, and nothing that still arrives on it should run.
    if (this.#refused.has(socket)) return true;
    if (!this.#beyond.has(socket)) return false;
    if (!this.#makeRoom()) return true;
    this.#beyond.delete(socket);
    return false;
  }

  /** Counts a connection whose request is refused because the connection is beyond the limit. */
  refused(socket: Socket): void {
    // Several requests may have been sent at once.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    this.#options.onRefused();
  }

  #onConnection(socket: Socket): void {
    const { clock, limits } = this.#options;
    if (this.#idle.size >= limits.mostIdle) this.#closeOldestIdle();
    const hasRoom = this.#makeRoom();
    if (!hasRoom && !this.#makeRoomBeyond()) {
      this.#refuseUnread(socket);
      return;
    }
    this.#requests.set(socket, 0);
    if (!hasRoom) this.#beyond.add(socket);
    (hasRoom ? this.#idle : this.#idleBeyond).set(socket, clock.now());
    socket.once('close', () => {
      this.#forget(socket);
    });
  }

  /** @returns whether there is room for one more connection within the limit */
  #makeRoom(): boolean {
    while (this.#requests.size - this.#beyond.size >= this.#options.limits.most) {
      if (!this.#closeOldestIdle()) return false;
    }
    return true;
  }

  /** @returns whether there is room for one more connection beyond the limit */
  #makeRoomBeyond(): boolean {
    if (this.#beyond.size < this.#options.limits.beyond) return true;
    const oldest = this.#oldest(this.#idleBeyond);
    if (oldest === undefined) return false;
    this.#forget(oldest);
    this.#refuseUnread(oldest);
    return true;
  }

  /** @returns whether there was one that has been idle for long enough */
  #closeOldestIdle(): boolean {
    const oldest = this.#oldest(this.#idle);
    if (oldest === undefined) return false;
    this.#forget(oldest);
    oldest.destroy();
    this.#options.onIdleClosed();
    return true;
  }

  /** The connection that has been idle longest, if that is long enough. */
  #oldest(idle: ReadonlyMap<Socket, number>): Socket | undefined {
    const [first] = idle;
    if (first === undefined) return undefined;
    const [oldest, sinceMs] = first;
    return this.#options.clock.now() - sinceMs < graceMs ? undefined : oldest;
  }

  #refuseUnread(socket: Socket): void {
    this.#options.refuse(socket);
    this.refused(socket);
  }

  /** A connection that the server closes leaves all counts at once: the event that it is closed comes later. */
  #forget(socket: Socket): void {
    this.#requests.delete(socket);
    this.#idle.delete(socket);
    this.#idleBeyond.delete(socket);
    this.#beyond.delete(socket);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const before = this.#requests.get(socket);
    // Closed while its request was on the way.
    if (before === undefined) return;
    if (before >= mostPipelined) {
      this.#forget(socket);
      socket.destroy();
      this.#options.onFlooded();
      return;
    }
    this.#requests.set(socket, before + 1);
    this.#idle.delete(socket);
    this.#idleBeyond.delete(socket);
    onResponseEnd(request, response, () => {
      this.#onAnswered(socket);
    });
  }

  #onAnswered(socket: Socket): void {
    const before = this.#requests.get(socket);
    if (before === undefined || socket.destroyed) return;
    this.#requests.set(socket, before - 1);
    if (before > 1) return;
    (this.#beyond.has(socket) ? this.#idleBeyond : this.#idle).set(socket, this.#options.clock.now());
  }
}
