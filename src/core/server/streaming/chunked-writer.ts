import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** `latin1` for bytes that are passed on as they are, each as one character. */
export type BodyEncoding = 'utf8' | 'latin1';

/**
 * Writes the body of a response piece by piece, with one string and one system call per piece.
 *
 * `response.write` sends a piece of a chunked body as three strings (length, content, line end), which the socket collects
 * and joins. Only the first piece takes that way, together with the headers, and pieces that are written before the
 * headers have left; later pieces are framed here and go straight to the socket. Measured with 500 streams: 17.9 instead
 * of 21.5 µs of CPU time per token in total. Node still ends the body and manages the connection.
 */
export class ChunkedWriter {
  readonly #response: ServerResponse;
  readonly #onDrain: () => void;
  readonly #encoding: BodyEncoding;
  #socket: Socket | null = null;
  /** Pieces that Node may still hold back; a piece that goes straight to the socket would overtake them. */
  #pending = 0;

  /**
   * @param onDrain called when {@link write} may be called again after it returned false
   * @param encoding what the strings are that are written
   */
  constructor(response: ServerResponse, onDrain: () => void, encoding: BodyEncoding = 'utf8') {
    this.#response = response;
    this.#encoding = encoding;
    this.#onDrain = onDrain;
    response.on('drain', onDrain);
  }

  /** @returns false if the client reads too slowly: wait for the drain before writing again */
  write(data: string): boolean {
    // An empty chunk is the end of a body.
    if (data === '') return true;
    const encoding = this.#encoding;
    if (this.#socket !== null) {
      return this.#socket.write(`${Buffer.byteLength(data, encoding).toString(16)}\r\n${data}\r\n`, encoding);
    }
    this.#pending++;
    return this.#response.write(data, encoding, (error) => {
      this.#pending--;
      if (this.#pending === 0 && error == null) this.#goDirect();
    });
  }

  /** Writes the last piece. */
  end(data: string): void {
    this.#response.end(data, this.#encoding);
  }

  /** Not with HTTP/1.0, which has no chunks, nor while a pipelined response waits for the one before it. */
  #goDirect(): void {
    const { socket } = this.#response;
    if (!this.#response.chunkedEncoding || socket === null || this.#response.writableEnded) return;
    this.#socket = socket;
    socket.on('drain', this.#onDrain);
    // The connection outlives the response: the next one on it has a writer of its own.
    this.#response.once('close', () => {
      socket.off('drain', this.#onDrain);
    });
  }
}
