import type { OnReadOpts, Socket } from 'node:net';
import { microsNow } from '../../base/micros.js';

/** What all sockets of a thread are read into, one after the other: as much as Node reads at a time. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Takes what a socket receives where Node reads it, notes the time at once, and hands it to undici within the same call.
 *
 * Without it, a socket makes a buffer of 64 KiB for each read, shrinks it, queues it in its stream and reports it in a
 * later tick: for a chunk of some hundred bytes that was a sixth of all CPU time (benchmarks/bench).
 */
export class Intake {
  /** When the bytes that are being handled were read, in microseconds. */
  arrivalUs = 0;
  #unread: Buffer | null = null;
  #socket: Socket | undefined;

  /** An option for the socket that will be given to {@link attach}. */
  readonly onread: OnReadOpts = {
    buffer: readBuffer,
    callback: (length) => {
      this.arrivalUs = microsNow();
      // A copy, because a parser may keep what is not whole yet, such as half a header.
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
    // With a size it is Node that reads, to begin or to end.
    socket.read = (size?: number): unknown => (size === undefined ? this.#take() : read(size));
  }

  /** Whether something came that nobody took. */
  get hasUnread(): boolean {
    return this.#unread !== null;
  }

  #take(): Buffer | null {
    const bytes = this.#unread;
    this.#unread = null;
    return bytes;
  }
}
