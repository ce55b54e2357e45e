import { connect, type Socket } from 'node:net';

/** A client on a bare socket, for what HTTP libraries do not do: not reading, or sending nonsense. */
export class RawClient {
  received = '';
  /** Resolves when the connection is gone, whoever closed it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #isClosed = false;

  constructor(serverUrl: string) {
    const { hostname, port } = new URL(serverUrl);
    this.#socket = connect(Number(port), hostname);
    this.#socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether everything was handed to the system. */
  get isFlushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Stops reading, so that what is sent to it piles up: first in the sockets' buffers, then in the server. */
  pause(): this {
    this.#socket.pause();
    return this;
  }

  resume(): void {
    this.#socket.resume();
  }

  write(data: string | Uint8Array): this {
    this.#socket.write(data);
    return this;
  }

  /** Sends a whole request. */
  post(path: string, body: object): this {
    const json = JSON.stringify(body);
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    return this.write(`${head}Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
  }

  /** Closes the connection without sending anything else. */
  vanish(): void {
    this.#socket.destroy();
  }
}
