import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CancelTimer, Clock } from '../../../base/clock.js';
import type { ChatstreamError } from '../../../base/errors.js';
import { bodyTimeoutError } from '../../../base/refusals/refusals.js';

/** How slowly a request body may arrive: on average this many bytes per second. */
const slowestBodyBytesPerSecond = 1024;

/** How far a body may fall behind that rate, in milliseconds; so also the longest time for which nothing may arrive. */
const bodyPatienceMs = 30_000;

/** How often bodies are checked, in milliseconds. */
const sweepMs = 1000;

/**
 * The most that one sweep takes from a body's patience. What arrived while the whole process stood still, such as on a
 * suspended machine, has not been read yet.
 */
const longestSweepMs = 2 * sweepMs;

interface ArrivingBody {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** The socket's count at the last sweep. */
  seenBytes: number;
  patienceMs: number;
}

export interface BodyWatchOptions {
  readonly clock: Clock;
  /** Called when a connection is closed because its body arrives too slowly, or does not end. */
  readonly onSlowBody: () => void;
}

/**
 * Ends requests whose bodies arrive too slowly. A fixed time for a whole body would be too long for a short one and too
 * short for a long one over a slow connection. So every body has a patience of {@link bodyPatienceMs}, which time uses up
 * and each byte that arrives renews: a body of any length may arrive at {@link slowestBodyBytesPerSecond}, and one that
 * stands still is given up after {@link bodyPatienceMs}. Once a request was answered early, such as with a 413, nothing
 * renews it any more: the rest of the body is read and dropped meanwhile, because many clients read the answer only after
 * they have sent all, and closing the connection before would reset it.
 *
 * Node's own limit (`requestTimeout`) is a fixed time. It also begins before the headers, for which `headersTimeout` does.
 */
export class BodyWatch {
  readonly #options: BodyWatchOptions;
  readonly #arriving = new Set<ArrivingBody>();
  #cancelTimer: CancelTimer | null = null;
  #sweptMs = 0;

  constructor(server: Server, options: BodyWatchOptions) {
    this.#options = options;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { headers } = request;
      if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
        this.#watch(request, response);
      }
    });
    server.on('close', () => {
      this.#cancelTimer?.();
    });
  }

  #watch(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#arriving.add({ request, response, socket, seenBytes: socket.bytesRead, patienceMs: bodyPatienceMs });
    if (this.#cancelTimer === null) this.#scheduleSweep();
  }

  #scheduleSweep(): void {
    const { clock } = this.#options;
    this.#sweptMs = clock.now();
    this.#cancelTimer = clock.schedule(sweepMs, () => {
      this.#sweep(Math.min(clock.now() - this.#sweptMs, longestSweepMs));
    });
  }

  #sweep(elapsedMs: number): void {
    this.#cancelTimer = null;
    for (const body of this.#arriving) {
      if (body.request.complete || body.socket.destroyed) this.#arriving.delete(body);
      else this.#check(body, elapsedMs);
    }
    if (this.#arriving.size > 0) this.#scheduleSweep();
  }

  #check(body: ArrivingBody, elapsedMs: number): void {
    const { bytesRead } = body.socket;
    const isAnswered = body.response.writableEnded;
    const earnedMs = isAnswered ? 0 : ((bytesRead - body.seenBytes) / slowestBodyBytesPerSecond) * 1000;
    body.seenBytes = bytesRead;
    body.patienceMs = Math.min(body.patienceMs + earnedMs, bodyPatienceMs + elapsedMs) - elapsedMs;
    if (body.patienceMs > 0) return;
    this.#arriving.delete(body);
    this.#options.onSlowBody();
    giveUpBody(body.request, body.response, bodyTimeoutError(slowestBodyBytesPerSecond, bodyPatienceMs));
  }
}

/**
 * Ends a request whose body arrives. The reader of the body gets an error to answer the client with; the connection has to be
 * closed after that answer. If the client was answered already, or the body is not read by anyone, there is nothing left to say.
 */
export function giveUpBody(request: IncomingMessage, response: ServerResponse, error: ChatstreamError): void {
  if (!response.headersSent && request.listenerCount('error') > 0) request.emit('error', error);
  else request.socket.destroy();
}
