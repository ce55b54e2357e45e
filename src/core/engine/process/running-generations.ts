import type { ChatstreamError } from '../../base/errors.js';
import type { GenerationEvent, GenerationSpec, Round, Token } from '../engine.js';
import { failedEvent } from '../failed-event.js';

interface RunningGeneration {
  readonly spec: GenerationSpec;
  /** Output tokens reported since, in the order of the reports. */
  readonly tokens: Token[];
}

/** Every generation that an engine process works on, with all that another one needs to go on with it. */
export class RunningGenerations {
  readonly #running = new Map<string, RunningGeneration>();

  get isEmpty(): boolean {
    return this.#running.size === 0;
  }

  add(spec: GenerationSpec): void {
    this.#running.set(spec.id, { spec, tokens: [] });
  }

  remove(id: string): void {
    this.#running.delete(id);
  }

  clear(): void {
    this.#running.clear();
  }

  /** Notes what a round reported. */
  follow(round: Round): void {
    for (const event of round.events) {
      if (event.type === 'token') this.#running.get(event.id)?.tokens.push(event.token);
      else if (event.type !== 'started') this.#running.delete(event.id);
    }
  }

  /** What a new engine process is to be asked, so that each goes on right after its last reported token. */
  resumable(): GenerationSpec[] {
    return [...this.#running.values()].map(({ spec, tokens }) =>
      tokens.length === 0 ? spec : { ...spec, resumeAfter: [...spec.resumeAfter, ...tokens] },
    );
  }

  /** Ends all of them. @returns the events that say so */
  failAll(error: ChatstreamError): GenerationEvent[] {
    const events = [...this.#running.keys()].map((id) => failedEvent(id, error));
    this.#running.clear();
    return events;
  }
}
