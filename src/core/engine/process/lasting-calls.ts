import { type ChatstreamError, asChatstreamError } from '../../base/errors.js';
import type { EngineChild } from './engine-child.js';

interface LastingCall {
  readonly sendTo: (child: EngineChild) => void;
  readonly reject: (error: ChatstreamError) => void;
}

/** Questions that outlive the process that was asked: until one is answered, every new process is asked again. */
export class LastingCalls {
  readonly #open = new Set<LastingCall>();

  /** @param child the process to ask now; null during an outage */
  ask<T>(child: EngineChild | null, question: (child: EngineChild) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const call: LastingCall = {
        sendTo: (asked) => {
          question(asked).then(
            (answer) => {
              this.#open.delete(call);
              resolve(answer);
            },
            (thrown: unknown) => {
              // The process died of something else; its successor will be asked.
              if (!asked.alive) return;
              this.#open.delete(call);
              reject(asChatstreamError(thrown));
            },
          );
        },
        reject,
      };
      this.#open.add(call);
      if (child !== null) call.sendTo(child);
    });
  }

  askAgain(child: EngineChild): void {
    for (const call of this.#open) call.sendTo(child);
  }

  rejectAll(error: ChatstreamError): void {
    for (const call of this.#open) call.reject(error);
    this.#open.clear();
  }
}
