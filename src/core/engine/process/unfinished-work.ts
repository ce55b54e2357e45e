import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import { failedEvent, type GenerationEvent, type GenerationSpec, type Round, type Token } from '../engine.js';
import { processNames, type ProcessRole } from '../process-role.js';
import type { EngineChild } from './engine-child.js';

// Work that callers still wait for, and that the next engine process takes over when one has died:
//
//   call that is not answered yet      → LastingCalls          → asked again from the beginning
//   generation with 0 or more tokens   → ResumableGenerations  → continues after its last reported token
//
// Work may itself be the cause of deaths. Work that was in progress at two deaths fails, and no third process gets it.

/** Deaths of a process that a piece of work survives. The first may have any cause. */
const survivedDeaths = 1;

/** For work that was being done both times when a process died. Clients read it, so it names no details. */
export function diedTwiceError(role: ProcessRole): ChatstreamError {
  const message = `The ${processNames[role]} has died twice while it worked on this request.`;
  return new ChatstreamError('engine_failed', message, {
    hint: 'The server log says why. Do not send this request again unchanged.',
  });
}

interface LastingCall {
  readonly sendTo: (child: EngineChild) => void;
  readonly reject: (error: ChatstreamError) => void;
  /** Whether the current process has been asked. */
  isAsked: boolean;
  /** Processes that died while they were asked. */
  deaths: number;
}

/**
 * Calls that outlive the process they were sent to: until one is answered or its signal is aborted, it is sent to every
 * new process, but not after a second death.
 *
 * Calls that were open at a death are suspects. The next process gets them one at a time, so that if the guilty one
 * kills again, it takes no other suspect with it. The oldest comes last, because the process was most likely working on
 * it. Later calls are sent at once.
 */
export class LastingCalls {
  readonly #open = new Set<LastingCall>();
  /** The process to ask; null during an outage. */
  #child: EngineChild | null = null;

  ask<T>(question: (child: EngineChild) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(asChatstreamError(signal.reason));
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        call.reject(asChatstreamError(signal?.reason));
      };
      const settle = (answer: () => void): void => {
        signal?.removeEventListener('abort', onAbort);
        this.#close(call);
        answer();
      };
      const call: LastingCall = {
        sendTo: (asked) => {
          question(asked).then(
            (answer) => {
              settle(() => {
                resolve(answer);
              });
            },
            (error: unknown) => {
              // If the process has died, this is not an answer: the next process will be asked.
              if (asked.alive) call.reject(asChatstreamError(error));
            },
          );
        },
        reject: (error) => {
          settle(() => {
            reject(error);
          });
        },
        isAsked: false,
        deaths: 0,
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#open.add(call);
      this.#send(call);
    });
  }

  /** A process is ready: it gets the calls that came during the outage, and the suspects one by one. */
  serve(child: EngineChild): void {
    this.#child = child;
    for (const call of this.#open) if (call.deaths === 0) this.#send(call);
    this.#sendNextSuspect();
  }

  /** The process has died. @param error for the calls that were open at a death for the second time */
  lose(error: ChatstreamError): void {
    this.#child = null;
    for (const call of [...this.#open]) {
      if (!call.isAsked) continue;
      call.isAsked = false;
      call.deaths += 1;
      if (call.deaths > survivedDeaths) call.reject(error);
    }
  }

  rejectAll(error: ChatstreamError): void {
    this.#child = null;
    for (const call of [...this.#open]) call.reject(error);
  }

  #send(call: LastingCall): void {
    if (this.#child === null) return;
    call.isAsked = true;
    call.sendTo(this.#child);
  }

  #sendNextSuspect(): void {
    const suspects = [...this.#open].filter(({ deaths }) => deaths > 0);
    const next = suspects.at(-1);
    if (next !== undefined && !suspects.some(({ isAsked }) => isAsked)) this.#send(next);
  }

  #close(call: LastingCall): void {
    if (this.#open.delete(call) && call.deaths > 0) this.#sendNextSuspect();
  }
}

interface Resumable {
  readonly spec: GenerationSpec;
  /** Output tokens reported so far, in the order of the reports. */
  readonly tokens: Token[];
  /** Processes that died while they worked on it. */
  deaths: number;
}

/** Every generation that has not ended, with everything that another engine process needs to continue it. */
export class ResumableGenerations {
  readonly #open = new Map<string, Resumable>();
  readonly #survivedDeaths: number;

  /** @param deaths that a generation survives, 0 or more */
  constructor(deaths = survivedDeaths) {
    this.#survivedDeaths = deaths;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  add(spec: GenerationSpec): void {
    this.#open.set(spec.id, { spec, tokens: [], deaths: 0 });
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
      switch (event.type) {
        case 'token':
          this.#open.get(event.id)?.tokens.push(event.token);
          break;
        case 'started':
        case 'rated':
        case 'embedded':
          break;
        case 'ended':
        case 'failed':
          this.#open.delete(event.id);
      }
    }
  }

  /** @returns what to ask a new engine process for, so that each generation continues after its last reported token */
  resumable(): GenerationSpec[] {
    return [...this.#open.values()].map(resumed);
  }

  /** The same for one of them; null if it has ended. */
  resumed(id: string): GenerationSpec | null {
    const generation = this.#open.get(id);
    return generation === undefined ? null : resumed(generation);
  }

  /**
   * The process that worked on them has died. Generations to which this has happened too often end.
   *
   * @param ids all of them by default
   * @returns the events that report it
   */
  lose(error: ChatstreamError, ids: Iterable<string> = [...this.#open.keys()]): GenerationEvent[] {
    const events: GenerationEvent[] = [];
    for (const id of ids) {
      const generation = this.#open.get(id);
      if (generation === undefined) continue;
      generation.deaths += 1;
      if (generation.deaths <= this.#survivedDeaths) continue;
      this.#open.delete(id);
      events.push(failedEvent(id, error));
    }
    return events;
  }

  /**
   * Ends a generation.
   *
   * @returns the event that reports it; none if it has ended already
   */
  fail(error: ChatstreamError, id: string): GenerationEvent[] {
    return this.#open.delete(id) ? [failedEvent(id, error)] : [];
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

function resumed({ spec, tokens }: Resumable): GenerationSpec {
  return tokens.length === 0 ? spec : { ...spec, resumeAfter: [...spec.resumeAfter, ...tokens] };
}
