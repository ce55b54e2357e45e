import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import type { Prepared, Token } from '../engine.js';
import type { TokenSpelling } from '../token-spelling.js';
import { type EngineMessage, fromWire } from './messages.js';

type Result = Extract<EngineMessage, { type: 'tokens' | 'text' | 'spellings' | 'prepared' }>;
type Answer = Extract<EngineMessage, { type: Result['type'] | 'call_failed' }>;

interface OpenCall {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: ChatstreamError) => void;
  /** Ends the watch on the signal of the call. */
  readonly stopListening: () => void;
}

/** How a call is sent with its number, and cancelled. */
export interface CallTransport {
  readonly send: (call: number) => void;
  readonly drop: (call: number) => void;
}

/** Calls that were sent to one engine process and are not answered yet. A call whose signal is aborted is cancelled. */
export class OpenCalls {
  readonly #open = new Map<number, OpenCall>();
  #lastCall = 0;

  tokens(transport: CallTransport, signal?: AbortSignal): Promise<readonly Token[]> {
    return this.#ask(transport, (result) => (result.type === 'tokens' ? result.tokens : undefined), signal);
  }

  text(transport: CallTransport, signal?: AbortSignal): Promise<string> {
    return this.#ask(transport, (result) => (result.type === 'text' ? result.text : undefined), signal);
  }

  spellings(transport: CallTransport, signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    return this.#ask(transport, (result) => (result.type === 'spellings' ? result.spellings : undefined), signal);
  }

  prepared(transport: CallTransport, signal?: AbortSignal): Promise<Prepared> {
    return this.#ask(transport, (result) => (result.type === 'prepared' ? result.prepared : undefined), signal);
  }

  settle(answer: Answer): void {
    const call = this.#take(answer.call);
    if (answer.type === 'call_failed') call?.reject(fromWire(answer.error));
    else call?.resolve(answer);
  }

  rejectAll(error: ChatstreamError): void {
    for (const call of [...this.#open.keys()]) this.#take(call)?.reject(error);
  }

  /** @param read what was asked for; undefined if the result is of another kind */
  #ask<T>({ send, drop }: CallTransport, read: (result: Result) => T | undefined, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(asChatstreamError(signal.reason));
    this.#lastCall += 1;
    const call = this.#lastCall;
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        drop(call);
        this.#take(call)?.reject(asChatstreamError(signal?.reason));
      };
      const stopListening = (): void => {
        signal?.removeEventListener('abort', onAbort);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settle = (result: Result): void => {
        const value = read(result);
        if (value === undefined) reject(mismatch());
        else resolve(value);
      };
      this.#open.set(call, { resolve: settle, reject, stopListening });
      try {
        send(call);
      } catch (error) {
        // Node.js writes a message as JSON at once, which fails for some values.
        this.#take(call)?.reject(asChatstreamError(error));
      }
    });
  }

  #take(number: number): OpenCall | undefined {
    const call = this.#open.get(number);
    this.#open.delete(number);
    call?.stopListening();
    return call;
  }
}

function mismatch(): ChatstreamError {
  return new ChatstreamError('internal', 'The engine process answered a different question from the one it was asked.');
}
