import { untilAborted } from '../../../base/abort.js';
import { type Clock, systemClock } from '../../../base/clock.js';
import { ChatstreamError } from '../../../base/errors.js';
import { TurnsByOwner } from '../../../base/turns-by-owner.js';
import { endedError, type Fork } from '../helpers/helper-process.js';
import { longestStartMs, startError, within } from '../helpers/time-limit.js';
import type { TracedText } from '../prompt/special-tokens.js';
import type { Chat, RendererSource, TemplateSettings } from './render-messages.js';
import { RenderProcess, rendersChats } from './render-process.js';

/**
 * How many chats are rendered at once. Each client has at most one such chat at a time (`inference/admission.ts`), so
 * one place is left for the others.
 */
const atOnce = 2;

/**
 * How long a chat may take to be rendered, in milliseconds, and for how long rendering continues when its caller no
 * longer waits.
 */
const longestMs = 10_000;
const forNobodyMs = 500;

/**
 * How long a chat waits for the existing process before another one is started, in milliseconds: most take much less.
 */
const patienceMs = 500;

export interface RenderProcessesOptions extends RendererSource {
  readonly clock?: Clock;
  readonly create?: Fork;
}

/** A chat that waits for a process. */
interface Waiting {
  readonly resolve: (process: RenderProcess) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Renders chats that may take long in processes of their own, because nothing can interrupt llama.cpp's renderer: a
 * template that looks through all messages for each of them, or a text that it takes apart, takes quadratic time. Such
 * a process is killed when its time is up. Meanwhile, the prompts of others are prepared.
 *
 * The first process is started for the first chat. A second one is started while that is busy with a chat that takes
 * long; later, the one that becomes idle first stays.
 */
export class RenderProcesses {
  readonly #template: TemplateSettings;
  readonly #options: RenderProcessesOptions;
  readonly #clock: Clock;
  readonly #turns = new TurnsByOwner({ atOnce });
  readonly #running = new Set<RenderProcess>();
  #idle: RenderProcess | null = null;
  /** There is at most one: the others wait for their turns. */
  #waiting: Waiting | null = null;
  #calls = 0;
  #isStopped = false;

  constructor(template: TemplateSettings, options: RenderProcessesOptions) {
    this.#template = template;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * As `renderChat` does.
   *
   * @param signal aborted when the text is no longer needed; its reason is thrown
   * @throws ChatstreamError `invalid_request` also for a chat that takes too long; `engine_failed` if its process ends
   */
  async render(chat: Chat, signal: AbortSignal = new AbortController().signal): Promise<TracedText> {
    this.#calls += 1;
    // In order of arrival.
    const rendered = this.#turns.take(String(this.#calls), () => this.#render(chat, signal), signal);
    return await untilAborted(rendered, signal);
  }

  /** The chat that is being rendered fails with `engine_failed`, and so do later ones. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting?.reject(endedError(rendersChats, 'it was stopped'));
    this.#idle?.kill();
    for (const each of this.#running) each.kill();
  }

  async #render(chat: Chat, signal: AbortSignal): Promise<TracedText> {
    if (this.#isStopped) throw endedError(rendersChats, 'it was stopped');
    const process = await this.#take();
    try {
      await within({ longestMs: longestStartMs }, this.#clock, process, process.ready, () => startError(rendersChats));
      signal.throwIfAborted();
      const patience = { longestMs, forNobodyMs, signal };
      return await within(patience, this.#clock, process, process.render(chat), tooLongError);
    } finally {
      this.#putBack(process);
    }
  }

  /** An idle process, or a new one: at once if there is none, or when the others are busy for too long. */
  #take(): RenderProcess | Promise<RenderProcess> {
    const idle = this.#idle;
    this.#idle = null;
    if (idle?.isAlive === true) {
      this.#running.add(idle);
      return idle;
    }
    return this.#running.size === 0 ? this.#started() : this.#nextIdle();
  }

  async #nextIdle(): Promise<RenderProcess> {
    const idle = await new Promise<RenderProcess | null>((resolve, reject) => {
      const cancelTimer = this.#clock.schedule(patienceMs, () => {
        this.#waiting = null;
        resolve(null);
      });
      const stopWaiting = (): void => {
        cancelTimer();
        this.#waiting = null;
      };
      this.#waiting = {
        resolve: (process) => {
          stopWaiting();
          resolve(process);
        },
        reject: (error) => {
          stopWaiting();
          reject(error);
        },
      };
    });
    return idle ?? this.#started();
  }

  #started(): RenderProcess {
    const process = new RenderProcess(this.#template, this.#options, this.#options.create);
    this.#running.add(process);
    return process;
  }

  #putBack(process: RenderProcess): void {
    if (this.#waiting !== null && process.isAlive) {
      this.#waiting.resolve(process);
      return;
    }
    this.#running.delete(process);
    if (!process.isAlive) return;
    if (this.#idle === null) this.#idle = process;
    else process.kill();
  }
}

function tooLongError(): ChatstreamError {
  const limit = `${longestMs / 1000} s`;
  return new ChatstreamError('invalid_request', `The model's chat template needs more than ${limit} for this chat.`, {
    param: 'messages',
    hint: 'Send fewer messages, calls and documents, or a prompt that you format yourself to /v1/completions.',
  });
}
