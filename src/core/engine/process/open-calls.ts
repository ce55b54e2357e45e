import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import type { Prepared, Token } from '../engine.js';
import { type EngineMessage, fromWire } from './messages.js';

type Result = Extract<EngineMessage, { type: 'tokens' | 'text' | 'prepared' }>;
type Answer = Extract<EngineMessage, { type: Result['type'] | 'call_failed' }>;

interface OpenCall {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: ChatstreamError) => void;
  /** Ends the watch on the signal of the call. */
  readonly stopListening: () => void;
}

/** How a call is sent with the number it is given, and taken back. */
export interface CallTransport {
  readonly send: (call: number) => void;
  readonly drop: (call: number) => void;
}

/** Calls that were sent to one engine process and are not answered yet. A call whose signal is aborted is taken back. */
export class OpenCalls {
  readonly #open = new Map<number, OpenCall>();
  #lastCall = 0;

  async tokens(transport: CallTransport, signal?: AbortSignal): Promise<readonly Token[]> {
    const result = await this.#ask(transport, signal);
    if (result.type !== 'tokens') throw mismatch();
    return result.tokens;
  }

  async text(transport: CallTransport, signal?: AbortSignal): Promise<string> {
    const result = await this.#ask(transport, signal);
    if (result.type !== 'text') throw mismatch();
    return result.text;
  }

  async prepared(transport: CallTransport, signal?: AbortSignal): Promise<Prepared> {
    const result = await this.#ask(transport, signal);
    if (result.type !== 'prepared') throw mismatch();
    return result.prepared;
  }

  settle(answer: Answer): void {
    const call = this.#take(answer.call);
    if (answer.type === 'call_failed') call?.reject(fromWire(answer.error));
    else call?.resolve(answer);
  }

  rejectAll(error: ChatstreamError): void {
    for (const call of [...this.#open.keys()]) this.#take(call)?.reject(error);
  }

  #ask({ send, drop }: CallTransport, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted === true) return Promise.reject(asChatstreamError(signal.reason));
    this.#lastCall += 1;
    const call = this.#lastCall;
    return new Promise<Result>((resolve, reject) => {
      const onAbort = (): void => {
        drop(call);
        this.#take(call)?.reject(asChatstreamError(signal?.reason));
      };
      const stopListening = (): void => {
        signal?.removeEventListener('abort', onAbort);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#open.set(call, { resolve, reject, stopListening });
      send(call);
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
