import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { atEndOfTurn } from './end-of-turn.js';

/** `latin1` for bytes that are passed on as they are, each as one character. */
export type BodyEncoding = 'utf8' | 'latin1';

export interface WriterEvents {
  /** The client reads too slowly: nothing more should be written until {@link onDrain}. */
  readonly onFull: () => void;
  readonly onDrain: () => void;
}

/**
 * Writes the body of a response piece by piece, with one string and one system call for all pieces of one iteration of the
 * event loop. Usually that is one piece. When the process is behind, several rounds of the engine arrive together, and
 * what a stream gets from them is one write: half of the CPU time per token is spent in the system call.
 *
 * `response.write` sends a piece of a chunked body as three strings (length, content, line end), which the socket collects
 * and joins. Only the first piece takes that way, together with the headers, and pieces that are written before the
 * headers have left; later pieces are framed here and go straight to the socket. Measured with 500 streams: 17.9 instead
 * of 21.5 µs of CPU time per token in total. Node still ends the body and manages the connection.
 */
export class ChunkedWriter {
  readonly #response: ServerResponse;
  readonly #events: WriterEvents;
  readonly #encoding: BodyEncoding;
  #socket: Socket | null = null;
  /** Pieces that Node may still hold back; a piece that goes straight to the socket would overtake them. */
  #pending = 0;
  /** What is written at the end of this turn. */
  #due = '';

  /** @param encoding of the strings that are written */
  constructor(response: ServerResponse, events: WriterEvents, encoding: BodyEncoding = 'utf8') {
    this.#response = response;
    this.#encoding = encoding;
    this.#events = events;
    response.on('drain', events.onDrain);
  }

  write(data: string): void {
    if (this.#socket === null) {
      this.#writeThroughNode(data);
      return;
    }
    if (this.#due === '') atEndOfTurn(this.#flush);
    this.#due += data;
  }

  /** Writes the last piece. */
  end(data: string): void {
    const last = this.#due + data;
    this.#due = '';
    this.#response.end(last, this.#encoding);
  }

  #writeThroughNode(data: string): void {
    this.#pending++;
    const hasRoom = this.#response.write(data, this.#encoding, (error) => {
      this.#pending--;
      if (this.#pending === 0 && error == null) this.#goDirect();
    });
    if (!hasRoom) this.#events.onFull();
  }

  readonly #flush = (): void => {
    const data = this.#due;
    // It has been written with the end.
    if (data === '' || this.#socket === null) return;
    this.#due = '';
    const bytes = Buffer.byteLength(data, this.#encoding);
    // Text with one byte for each character, which most is, is copied as it is; UTF-8 would be encoded.
    const encoding = bytes === data.length ? 'latin1' : this.#encoding;
    if (!this.#socket.write(`${bytes.toString(16)}\r\n${data}\r\n`, encoding)) this.#events.onFull();
  };

  /** Not with HTTP/1.0, which has no chunks, nor while a pipelined response waits for the one before it. */
  #goDirect(): void {
    const { socket } = this.#response;
    if (!this.#response.chunkedEncoding || socket === null || this.#response.writableEnded) return;
    this.#socket = socket;
    const { onDrain } = this.#events;
    socket.on('drain', onDrain);
    // The connection outlives the response: the next one on it has a writer of its own.
    this.#response.once('close', () => {
      socket.off('drain', onDrain);
    });
  }
}
