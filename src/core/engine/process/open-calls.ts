import { ChatstreamError } from '../../base/errors.js';
import type { Token } from '../engine.js';
import { type EngineMessage, fromWire } from './messages.js';

type Result = Extract<EngineMessage, { type: 'tokens' | 'text' }>;
type Answer = Extract<EngineMessage, { type: Result['type'] | 'call_failed' }>;

interface OpenCall {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: ChatstreamError) => void;
}

/** Calls that were sent to one engine process and are not answered yet. */
export class OpenCalls {
  readonly #open = new Map<number, OpenCall>();
  #lastCall = 0;

  /** @param send sends the call with the number it is given */
  async tokens(send: (call: number) => void): Promise<readonly Token[]> {
    const result = await this.#ask(send);
    if (result.type !== 'tokens') throw mismatch();
    return result.tokens;
  }

  /** @param send sends the call with the number it is given */
  async text(send: (call: number) => void): Promise<string> {
    const result = await this.#ask(send);
    if (result.type !== 'text') throw mismatch();
    return result.text;
  }

  settle(answer: Answer): void {
    const call = this.#open.get(answer.call);
    this.#open.delete(answer.call);
    if (answer.type === 'call_failed') call?.reject(fromWire(answer.error));
    else call?.resolve(answer);
  }

  rejectAll(error: ChatstreamError): void {
    for (const call of this.#open.values()) call.reject(error);
    this.#open.clear();
  }

  #ask(send: (call: number) => void): Promise<Result> {
    this.#lastCall += 1;
    const call = this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#open.set(call, { resolve, reject });
      send(call);
    });
  }
}

function mismatch(): ChatstreamError {
  return new ChatstreamError('internal', 'The engine process answered a different question from the one it was asked.');
}
