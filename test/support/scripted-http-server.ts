import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { until } from './until.js';

/** One request as it came in, and the bare socket to answer it on, byte by byte. */
export class ScriptedExchange {
  constructor(
    readonly head: string,
    readonly body: string,
    readonly socket: Socket,
    /** How many connections had been opened before this one. */
    readonly connection: number,
  ) {}

  /** Resolves when the bytes are on their way, so that the next ones travel apart from them. */
  async write(bytes: string | Uint8Array): Promise<void> {
    await new Promise((resolve) => this.socket.write(bytes, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The head of an event stream in HTTP's chunks. */
  async beginStream(): Promise<void> {
    await this.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
  }

  /** One of HTTP's chunks. */
  async writeChunk(bytes: string | Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes);
    await this.write(Buffer.concat([Buffer.from(`${buffer.length.toString(16)}\r\n`), buffer, Buffer.from('\r\n')]));
  }

  async endStream(): Promise<void> {
    await this.write('0\r\n\r\n');
  }

  /** A whole event stream; each piece is a chunk of its own. */
  async stream(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    await this.beginStream();
    for (const piece of pieces) await this.writeChunk(piece);
    await this.endStream();
  }

  /** A whole answer of another kind. */
  async answer(status: string, headers: readonly string[], body: string): Promise<void> {
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    await this.write([`HTTP/1.1 ${status}`, ...headers, length, '', body].join('\r\n'));
  }

  /** Closes the connection in order. */
  close(): void {
    this.socket.end();
  }

  /** Breaks it: the other side sees a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

type Script = (exchange: ScriptedExchange) => void | Promise<void>;

/**
 * A server that answers every request as a test says, byte by byte. It knows just enough HTTP to see where a request
 * ends.
 */
export class ScriptedHttpServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #protocol: string;
  #connections = 0;
  #placeholder: Socket | undefined;
  /** Every request, in the order in which they came. */
  readonly exchanges: ScriptedExchange[] = [];

  private constructor(script: Script, tls: { readonly key: string; readonly cert: string } | null) {
    const onSocket = (socket: Socket): void => {
      const connection = this.#connections;
      this.#connections += 1;
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
      readRequests(socket, (head, body) => {
        const exchange = new ScriptedExchange(head, body, socket, connection);
        this.exchanges.push(exchange);
        void script(exchange);
      });
    };
    this.#server = tls === null ? createServer(onSocket) : createSecureServer(tls, onSocket);
    this.#protocol = tls === null ? 'http' : 'https';
  }

  static async start(
    script: Script,
    tls: { readonly key: string; readonly cert: string } | null = null,
  ): Promise<ScriptedHttpServer> {
    const server = new ScriptedHttpServer(script, tls);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port.');
    return `${this.#protocol}://127.0.0.1:${address.port}`;
  }

  /** How many were ever opened. */
  get connections(): number {
    return this.#connections;
  }

  get openSockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /**
   * Breaks every connection and listens no more, as if its process had died. One connection stays open until
   * {@link stop}, so that the system gives the port to no other server.
   */
  async die(): Promise<void> {
    const placeholder = connect(Number(new URL(this.url).port), '127.0.0.1');
    placeholder.on('error', () => undefined);
    this.#placeholder = placeholder;
    const accepted = await until(
      () => [...this.#sockets].find(({ remotePort: port }) => port !== undefined && port === placeholder.localPort),
      'the connection that stays',
    );
    this.#server.close();
    for (const socket of this.#sockets) if (socket !== accepted) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#placeholder?.destroy();
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}

function readRequests(socket: Socket, onRequest: (head: string, body: string) => void): void {
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
    for (;;) {
      const headEnd = received.indexOf('\r\n\r\n') + 4;
      if (headEnd === 3) return;
      const head = received.slice(0, headEnd);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (received.length < headEnd + length) return;
      const body = received.slice(headEnd, headEnd + length);
      received = received.slice(headEnd + length);
      onRequest(head, Buffer.from(body, 'latin1').toString('utf8'));
    }
  });
}
