import { asChatstreamError, type ChatstreamError } from '../../base/errors.js';
import { failedEvent, type GenerationEvent, type GenerationSpec, type Round, type Token } from '../engine.js';
import type { EngineChild } from './engine-child.js';

// Work that callers still wait for, and that the next engine process takes over when one has died:
//
//   call that is not answered yet      → LastingCalls          → asked again from the beginning
//   generation with 0 or more tokens   → ResumableGenerations  → goes on after its last reported token

interface LastingCall {
  readonly sendTo: (child: EngineChild) => void;
  readonly reject: (error: ChatstreamError) => void;
}

/** Calls that outlive the process they were sent to: until one is answered, it is sent to every new process. */
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
            (error: unknown) => {
              // The process has died, so this is not an answer; the next process will be asked.
              if (!asked.alive) return;
              this.#open.delete(call);
              reject(asChatstreamError(error));
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

interface Resumable {
  readonly spec: GenerationSpec;
  /** Output tokens reported so far, in the order of the reports. */
  readonly tokens: Token[];
}

/** Every generation that has not ended, with everything that another engine process needs to continue it. */
export class ResumableGenerations {
  readonly #open = new Map<string, Resumable>();

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  add(spec: GenerationSpec): void {
    this.#open.set(spec.id, { spec, tokens: [] });
  }

  remove(id: string): void {
    this.#open.delete(id);
  }

  clear(): void {
    this.#open.clear();
  }

  /** Notes what a round reported. */
  follow(round: Round): void {
    for (const event of round.events) {
      if (event.type === 'token') this.#open.get(event.id)?.tokens.push(event.token);
      else if (event.type !== 'started') this.#open.delete(event.id);
    }
  }

  /** @returns what to ask a new engine process for, so that each generation goes on after its last reported token */
  resumable(): GenerationSpec[] {
    return [...this.#open.values()].map(({ spec, tokens }) =>
      tokens.length === 0 ? spec : { ...spec, resumeAfter: [...spec.resumeAfter, ...tokens] },
    );
  }

  /**
   * Ends all generations.
   *
   * @returns the events that report it
   */
  failAll(error: ChatstreamError): GenerationEvent[] {
    const events = [...this.#open.keys()].map((id) => failedEvent(id, error));
    this.#open.clear();
    return events;
  }
}
