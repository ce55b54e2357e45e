import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectSecurely, type ConnectionOptions } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import { microsNow } from '../../base/micros.js';
import type { TlsOptions } from './transport.js';

/** Longer than any measurement, in milliseconds, so that the server decides how long connections stay open. */
const longestIdleMs = 3_600_000;

/** Where a connection leads, and how. */
export interface Route {
  readonly origin: URL;
  /** The Unix socket to connect to; null: the origin's host and port. */
  readonly socketPath: string | null;
  readonly tls: TlsOptions;
}

/** The server closed the connection before the request was handed to it. */
class ConnectionGoneError extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('The connection was closed before the request was sent.');
    this.name = 'ConnectionGoneError';
  }
}

/**
 * One socket, and one undici client that speaks HTTP on it. The client never opens another socket: once this one is
 * gone, the connection is no longer usable. So every handshake and every retry is decided here and can be counted.
 *
 * ```text
 * new Connection ──▶ socket connects ──▶ opened
 * dispatch(request) ─▶ undici's Client ─▶ connect(callback)   at the first request only
 *                                            │ microtask
 *                                            ▼
 *                          callback(null, socket)             the hand-over; a second one is refused
 * bytes: kernel ─▶ Intake.onread ─▶ emit('readable') ─▶ Client calls socket.read() ─▶ Exchange
 * ```
 *
 * test/core/bench/client/undici-insides.test.ts checks the parts of this that undici does not document.
 */
export class Connection {
  /** Resolves when the connection is open (and secure); rejects with Node's error if it cannot be opened. */
  readonly opened: Promise<void>;
  /** Resolves when the socket is gone, whichever side closed it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #intake = new Intake();
  readonly #socket: Socket;
  readonly #client: Client;
  #isOpen = false;
  #isHandedOver = false;

  constructor(route: Route) {
    const { origin } = route;
    this.#socket = openSocket(route, this.#intake.onread);
    this.#intake.attach(this.#socket);
    this.opened = new Promise((resolve, reject) => {
      this.#socket.once(origin.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        this.#isOpen = true;
        resolve();
      });
      this.#socket.on('error', reject);
      this.#socket.once('close', () => {
        reject(new ConnectionGoneError());
      });
    });
    // Without this, a connection that fails after its caller has stopped waiting would cause an unhandled rejection.
    this.opened.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        resolve();
      });
    });
    this.#client = new Client(origin, {
      // The time limit is our own: one timer for each request, instead of one that is reset with every chunk.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: longestIdleMs,
      keepAliveMaxTimeout: longestIdleMs,
      connect: (_options, callback) => {
        // undici ignores a socket that it is given before this function returns.
        queueMicrotask(() => {
          if (this.#isHandedOver || !this.isUsable) callback(new ConnectionGoneError(), null);
          else callback(null, this.#handOver());
        });
      },
    });
  }

  /** Whether {@link opened} has resolved. Awaiting it would delay a request even then. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether a request can be sent, as far as is known here. The server may have closed the connection already. */
  get isUsable(): boolean {
    const { writable, readableEnded } = this.#socket;
    // Bytes that arrive before a request are the 408 of a server that closes idle connections.
    return writable && !readableEnded && !this.#intake.hasUnread;
  }

  /** When the bytes that are being processed arrived, in microseconds. */
  get arrivalUs(): number {
    return this.#intake.arrivalUs;
  }

  /** The number of bytes that have arrived so far. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Sends a request. `handler` receives the answer, and its end or error. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(request, handler);
  }

  /** Closes the socket at once. A request in progress ends with `error`. */
  destroy(error: Error = new ConnectionGoneError()): void {
    this.#socket.destroy();
    void this.#client.destroy(error);
  }

  #handOver(): Socket {
    this.#isHandedOver = true;
    return this.#socket;
  }
}

function openSocket({ origin, socketPath, tls }: Route, onread: OnReadOpts): Socket {
  if (socketPath !== null) return connect({ path: socketPath, onread });
  const { protocol, hostname, port } = origin;
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (protocol !== 'https:') {
    return connect({ host, port: Number(port === '' ? 80 : port), noDelay: true, keepAlive: true, onread });
  }
  // Documented, but missing in the types.
  const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
    host,
    port: Number(port === '' ? 443 : port),
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...tls,
    onread,
  };
  return connectSecurely(options).setNoDelay(true).setKeepAlive(true);
}

/**
 * All sockets of a thread are read into this buffer, one after the other. It is as large as the chunks that Node reads.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Takes the bytes of a socket where Node reads them, records the time at once, and passes them to undici in the same
 * call.
 *
 * Without it, a socket makes a buffer of 64 KiB for each read, shrinks it, queues it in its stream and reports it in a
 * later tick: for a chunk of some hundred bytes that was a sixth of all CPU time (benchmarks/bench).
 */
class Intake {
  /** When the bytes that are being processed were read, in microseconds. */
  arrivalUs = 0;
  #unread: Buffer | null = null;
  #socket: Socket | undefined;

  /** An option for the socket that will be given to {@link attach}. */
  readonly onread: OnReadOpts = {
    buffer: readBuffer,
    callback: (length) => {
      this.arrivalUs = microsNow();
      // A copy, because the parser may keep a part that is not complete yet, such as half a header.
      const bytes = Buffer.allocUnsafe(length);
      readBuffer.copy(bytes, 0, 0, length);
      this.#unread = this.#unread === null ? bytes : Buffer.concat([this.#unread, bytes]);
      this.#socket?.emit('readable');
      return true;
    },
  };

  /** Lets the socket's `read` return what arrived; undici calls it for each `readable`, until there is nothing. */
  attach(socket: Socket): void {
    this.#socket = socket;
    const read = socket.read.bind(socket);
    // Calls with a size come from Node itself, at the beginning and at the end.
    socket.read = (size?: number): unknown => (size === undefined ? this.#take() : read(size));
  }

  /** Whether there are bytes that undici has not read. */
  get hasUnread(): boolean {
    return this.#unread !== null;
  }

  #take(): Buffer | null {
    const bytes = this.#unread;
    this.#unread = null;
    return bytes;
  }
}
