import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { type Header, parsed, piecesOf, textOf } from './envelope.js';

export interface ChannelTimes {
  /** How often a channel that has nothing to send says that it is alive, in milliseconds. */
  readonly heartbeatMs: number;
  /** How long the other side may be silent, in milliseconds. */
  readonly silenceMs: number;
  /** After how long unconfirmed pieces are sent again, in milliseconds. */
  readonly resendMs: number;
}

export const usualTimes: ChannelTimes = { heartbeatMs: 1000, silenceMs: 4000, resendMs: 1000 };

/** Why a channel has ended. */
export type CloseReason = 'closed' | 'silent' | 'foreign';

export interface ChannelEnds {
  readonly id: string;
  readonly isOpener: boolean;
  readonly purpose: string;
  /** The process at the other end. */
  readonly remote: string;
  readonly maxPayloadBytes: number;
  readonly clock: Clock;
  readonly times: ChannelTimes;
  /** Sends to the other end; the message may be lost. */
  readonly transmit: (header: Omit<Header, 'version' | 'from'>, body: Uint8Array) => void;
  /** Called once, when it has ended for any reason. */
  readonly onClosed: (channel: Channel) => void;
}

interface Piece {
  readonly number: number;
  readonly more: boolean;
  readonly body: Uint8Array;
}

const nothing: Uint8Array = new Uint8Array(0);

/** This many pieces are sent again at once; the others follow when these have been confirmed. */
const mostResent = 64;

/** How often missing pieces are requested again, in milliseconds, while more and more arrives after them. */
const shortestResendMs = 100;

/** A reader that is this many pieces behind is given up, because memory is limited. */
const mostUnconfirmed = 100_000;

/**
 * Messages between two processes in the order in which they were sent, each exactly once, over a bus that may lose,
 * repeat and reorder them. Pieces are numbered, and unconfirmed ones are sent again. The channel ends when the other
 * side is silent for too long, or does not know it.
 *
 * It has no timers: its owner calls {@link tick} often.
 */
export class Channel {
  readonly #ends: ChannelEnds;
  readonly #messages = new Emitter<unknown>();
  readonly #closed = new Emitter<CloseReason>();
  /** Pieces that are sent, but not confirmed. */
  #unconfirmed: Piece[] = [];
  #next = 0;
  #received = 0;
  /** Of the pieces to be sent again: the number after the last one that has been, and after the last one of all. */
  #resent = 0;
  #toResend = 0;
  #parts: Uint8Array[] = [];
  #heardMs: number;
  #spokeMs: number;
  #progressMs: number;
  #owesReceipt = false;
  #isOpen = true;

  constructor(ends: ChannelEnds) {
    this.#ends = ends;
    this.#heardMs = this.#spokeMs = this.#progressMs = ends.clock.now();
  }

  get remote(): string {
    return this.#ends.remote;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Parsed JSON from the other side. */
  get messages(): Subscribable<unknown> {
    return this.#messages.subscribe;
  }

  get closed(): Subscribable<CloseReason> {
    return this.#closed.subscribe;
  }

  /** Ignored once it has ended. */
  send(message: object): void {
    if (!this.#isOpen) return;
    const pieces = piecesOf(message, this.#ends.purpose, this.#ends.maxPayloadBytes);
    if (this.#unconfirmed.length === 0) this.#progressMs = this.#ends.clock.now();
    for (const [index, body] of pieces.entries()) {
      const piece = { number: this.#next, more: index < pieces.length - 1, body };
      this.#next += 1;
      this.#unconfirmed.push(piece);
      this.#transmit(piece);
    }
    if (this.#unconfirmed.length > mostUnconfirmed) this.end('silent');
  }

  /** Ends it on both sides. Listeners on this side are not told. */
  close(): void {
    if (!this.#isOpen) return;
    this.#say({ type: 'closed' });
    this.#isOpen = false;
    this.#ends.onClosed(this);
  }

  /** It has ended, and listeners are told why. */
  end(reason: CloseReason): void {
    if (!this.#isOpen) return;
    this.#say({ type: 'closed' });
    this.#isOpen = false;
    this.#ends.onClosed(this);
    this.#closed.emit(reason);
  }

  /** A message arrived from the other side. */
  take({ content, received }: Header, body: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#heardMs = this.#ends.clock.now();
    this.#confirm(received);
    switch (content.type) {
      case 'piece':
        this.#takePiece({ number: content.number, more: content.more, body });
        return;
      case 'receipt':
        if (content.isMissing) this.#resendSoon();
        return;
      case 'closed':
        this.end('closed');
    }
  }

  /** Confirms, repeats, says that it is alive, and notices silence. */
  tick(): void {
    if (!this.#isOpen) return;
    const nowMs = this.#ends.clock.now();
    const { heartbeatMs, silenceMs, resendMs } = this.#ends.times;
    if (nowMs - this.#heardMs >= silenceMs) {
      this.end('silent');
      return;
    }
    if (this.#unconfirmed.length > 0 && nowMs - this.#progressMs >= resendMs) this.#resend();
    if (this.#owesReceipt || nowMs - this.#spokeMs >= heartbeatMs) this.#say({ type: 'receipt', isMissing: false });
  }

  /** This process was cut off itself, so the silence in that time means nothing. */
  reconnected(): void {
    this.#heardMs = this.#ends.clock.now();
    this.#resend();
  }

  #takePiece({ number, more, body }: Piece): void {
    this.#owesReceipt = true;
    if (number < this.#received) return;
    if (number > this.#received) {
      this.#say({ type: 'receipt', isMissing: true });
      return;
    }
    this.#received += 1;
    this.#parts.push(body);
    if (more) return;
    const whole = this.#parts.length === 1 ? body : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#messages.emit(parsed(textOf(whole)));
  }

  #confirm(received: number): void {
    const [first] = this.#unconfirmed;
    if (first === undefined || received <= first.number) return;
    this.#unconfirmed = this.#unconfirmed.slice(received - first.number);
    this.#progressMs = this.#ends.clock.now();
    if (received >= this.#resent && received < this.#toResend) this.#resendNext();
  }

  #resendSoon(): void {
    if (this.#ends.clock.now() - this.#progressMs >= shortestResendMs) this.#resend();
  }

  #resend(): void {
    this.#progressMs = this.#ends.clock.now();
    // Messages from now on may well arrive.
    this.#toResend = this.#next;
    this.#resendNext();
  }

  #resendNext(): void {
    const pieces = this.#unconfirmed.slice(0, mostResent).filter(({ number }) => number < this.#toResend);
    this.#resent = (pieces.at(-1)?.number ?? this.#next - 1) + 1;
    for (const piece of pieces) this.#transmit(piece);
  }

  #transmit({ number, more, body }: Piece): void {
    this.#say({ type: 'piece', number, more }, body);
  }

  #say(content: Header['content'], body = nothing): void {
    const { id: channel, isOpener: byOpener, purpose, transmit } = this.#ends;
    this.#owesReceipt = false;
    this.#spokeMs = this.#ends.clock.now();
    transmit({ channel, byOpener, purpose, received: this.#received, content }, body);
  }
}
